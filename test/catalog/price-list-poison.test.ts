// A poisoned feed never changes a price that counts: 2,000 random ones over random lists, and whole feeds of rubbish.

import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { readPriceList, priceListText } from '../../src/catalog/price-list-file.ts'
import { EMPTY_LIST, FORMAT } from '../../src/catalog/price-list.ts'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { createRandom } from '../ledger/random.ts'
import { builtIn, effective, own, review } from './price-list.ts'

const COSTS = ['input_cost', 'output_cost', 'cached_input_cost', 'cache_write_cost', 'reasoning_cost', 'per_request']
const IDS = ['openai:a', 'openai:b', 'groq:c/d', 'my-vllm:e', 'openrouter:x/y:free']

/** What a broken or hostile feed puts in the place of a cost. */
const POISON: ReadonlyArray<(cost: string) => JsonValue> = [
  (cost) => Number(cost) * 1000,
  (cost) => String(Number(cost) / 1000),
  (cost) => `${Number(cost) * 3.01}`,
  (cost) => String(Number((Number(cost) / 3.01).toPrecision(12))),
  () => 0,
  () => '0',
  () => '0.0',
  () => 0e5,
  () => -1,
  () => '-0.5',
  () => 'NaN',
  () => 'Infinity',
  () => 'free',
  () => '',
  () => null,
  () => true,
  () => [],
  () => ({}),
  () => ['1'],
  () => '1e99',
  () => '9'.repeat(400),
  () => 1e308,
  () => '0x10',
  () => '2,5',
  () => ' ',
  () => '٣'
]

t.test('one wrong cost anywhere, whatever it is, changes no price that counts', async (t) => {
  const { pick, upTo } = createRandom(20_261_121)
  const isChosen = (percent: number) => upTo(99) < percent
  const someCost = () => String(Number((0.01 + upTo(5e9) / 1e8).toPrecision(1 + upTo(7))))
  const someCosts = (): { [key: string]: JsonValue } => {
    const more = COSTS.slice(1).filter(() => isChosen(50))
    return Object.fromEntries(['input_cost', ...more].map((key) => [key, someCost()]))
  }
  let held = 0
  let wrong: string | undefined
  for (let round = 0; round < 2_000; round++) {
    const packagedCosts = Object.fromEntries(IDS.filter(() => isChosen(60)).map((id) => [id, someCosts()]))
    const listCosts = Object.fromEntries(IDS.filter(() => isChosen(60)).map((id) => [id, someCosts()]))
    const packaged = builtIn(packagedCosts)
    const { list } = review(own(listCosts))
    const counts = effective(list, packaged)

    const feed: Record<string, JsonObject> = {}
    for (const id of counts.keys()) {
      const costs = { ...listCosts[id] ?? packagedCosts[id] }
      const key = pick(Object.keys(costs))
      costs[key] = pick(POISON)(String(costs[key]))
      feed[id] = costs
    }
    const after = review(own(feed), { list, builtIn: packaged })
    held += after.held.length
    const kept = readPriceList(priceListText(after.list))
    for (const list of [after.list, kept]) wrong ??= changedIn(effective(list, packaged), counts, feed)
  }
  t.equal(wrong, undefined)
  t.ok(held > 4_000, `${held} prices were held`)
})

const RICH = { input_cost: '2', output_cost: '8', tiers: [{ above_input: 200_000, input_cost: '4' }] }
const WHOLE: Record<string, JsonObject> = {
  'an added cost for each request': { ...RICH, per_request: '50' },
  'a cached cost of next to nothing where there was none': { ...RICH, cached_input_cost: '0.0002' },
  'a cost that is gone': { input_cost: '2', tiers: RICH.tiers },
  'a tier that is gone': { input_cost: '2', output_cost: '8' },
  'a tier at nothing': { ...RICH, tiers: [{ above_input: 200_000, input_cost: '0' }] },
  'a service tier': { ...RICH, service_tiers: { default: '0.01' } },
  'a least quantity': { ...RICH, least_seconds: '600' },
  'a tier above one token': { ...RICH, tiers: [{ above_input: 1, input_cost: '0.01' }] },
  'an unknown member': { ...RICH, output_cost: '8.1', discount: '0.99' },
  'a member named __proto__': JSON.parse('{"input_cost":"2","output_cost":"8","__proto__":{"input_cost":"0"}}'),
  'no cost at all': {},
  'costs a hundred levels deep': { input_cost: JSON.parse('['.repeat(100) + ']'.repeat(100)) }
}

for (const [what, costs] of Object.entries(WHOLE)) {
  t.test(`${what} is held`, async (t) => {
    const packaged = builtIn({ 'openai:a': RICH })
    const { list, held } = review(own({ 'openai:a': costs }), { builtIn: packaged })
    t.same(versionsOf(effective(list, packaged)), versionsOf(packaged))
    t.equal(held.length, 1)
  })
}

t.test('an id that is there twice counts for nothing, even when both are sound', async (t) => {
  const packaged = builtIn({ 'openai:a': { input_cost: '2' } })
  const rows = [{ id: 'openai:a', input_cost: '2.1' }, { id: 'openai:a', input_cost: '2.2' }]
  const { list, held } = review(JSON.stringify({ format: FORMAT, prices: rows }), { builtIn: packaged })
  t.same(versionsOf(effective(list, packaged)), versionsOf(packaged))
  t.match(held, [{ id: 'openai:a', kind: 'unreadable', reason: 'it is in the feed more than once' }])
})

t.test('a feed that has lost its entries takes no price away', async (t) => {
  const { list } = review(own({ 'openai:a': { input_cost: '2' }, 'openai:b': { input_cost: '3' } }))
  const after = review(own({ 'openai:b': { input_cost: '3' } }), { list })
  t.same(versionsOf(effective(after.list, new Map())), versionsOf(effective(list, new Map())))
  t.match(after.held, [{ id: 'openai:a', kind: 'removed' }])
})

t.test('ids that are no ids are left out', async (t) => {
  const rows = ['', 'openai', 'openai:', ':a', 'OpenAI:a', 'openai:a b', 'openai:\u202ea', 7, null, 'x'.repeat(300)]
  const text = JSON.stringify({ format: FORMAT, prices: rows.map((id) => ({ id, input_cost: '1' })) })
  const { list, held, added } = review(text)
  t.same([list.prices.size, list.held.size, held.length, added.length], [0, 0, 0, 0])
  t.equal(EMPTY_LIST.prices.size, 0)
})

function changedIn (
  found: Parameters<typeof versionsOf>[0], wanted: Parameters<typeof versionsOf>[0], feed: Record<string, JsonObject>
): string | undefined {
  const isSame = isDeepStrictEqual(versionsOf(found), versionsOf(wanted))
  return isSame ? undefined : JSON.stringify({ feed, found: versionsOf(found), wanted: versionsOf(wanted) })
}

function versionsOf (prices: ReadonlyMap<string, { readonly version: string }>): Record<string, string> {
  return Object.fromEntries([...prices].map(([id, { version }]) => [id, version]))
}
