// P5 Unknown is not zero: usage not told or a price not known is never USD 0 by accident; the row says how it is known.

import t from 'tap'
import type { Price } from '../../src/catalog/catalog.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { COST_GRADES } from '../../src/core/usage.ts'
import { measure } from '../../src/exchange/measure.ts'
import { costOf } from '../../src/metering/cost.ts'
import {
  backend, candidatesOf, catalogOf, envelope, excludedOf, model, price, request, routerOf
} from '../routing/samples.ts'

const KNOWN = price({ input: '1', output: '2' })
const CEILING = 1_234_567n

function settled (usage: JsonObject | undefined, price: Price | undefined, ceiling: bigint | undefined = CEILING) {
  const { amount, grade } = costOf(measure('chat', usage, envelope()), price, { ceiling, isFree: false })
  return { amount, grade }
}

const UNPRICED = { amount: undefined, grade: 'unpriced' }
const BOUNDED = { amount: CEILING, grade: 'bounded' }

t.test('P5 a price that is not known makes a row unpriced, however well the usage was told', async (t) => {
  t.same(settled({ prompt_tokens: 10, completion_tokens: 5 }, undefined), UNPRICED)
  t.same(settled(undefined, undefined), UNPRICED)
})

t.test('P5 usage that was not told costs the upper bound', async (t) => {
  t.same(settled(undefined, KNOWN), BOUNDED)
  t.same(settled({}, KNOWN), BOUNDED)
  t.same(settled({ prompt_tokens: null, completion_tokens: null }, KNOWN), BOUNDED)
})

t.test('P5 half of a usage is not taken for the whole', async (t) => {
  t.same(settled({ prompt_tokens: 10 }, KNOWN), BOUNDED)
  t.same(settled({ completion_tokens: 10 }, KNOWN), BOUNDED)
  t.same(settled({ total_tokens: 10 }, KNOWN), BOUNDED)
})

t.test('P5 without a bound to fall back to, a usage that was not told has no cost rather than none', async (t) => {
  const { amount, grade } = costOf(measure('chat', undefined, envelope()), KNOWN, { ceiling: undefined, isFree: false })
  t.same({ amount, grade }, UNPRICED)
})

t.test('P5 usage that cannot be true costs the upper bound, not what it would come to', async (t) => {
  for (const prompt of [-1_000, 0.5, 2e9, 'lots']) {
    t.same(settled({ prompt_tokens: prompt, completion_tokens: 5 }, KNOWN), BOUNDED, String(prompt))
  }
})

t.test('P5 a kind of token without a rate makes the whole unpriced, not cheaper', async (t) => {
  const audio = { prompt_tokens: 10, completion_tokens: 50, completion_tokens_details: { audio_tokens: 40 } }
  t.same(settled(audio, KNOWN), UNPRICED)
  t.same(settled(audio, price({ input: '1', output: '2', audio_output: '80' })), {
    amount: 10n * 1_000n + 10n * 2_000n + 40n * 80_000n, grade: 'reported'
  })
})

t.test('P5 zero is zero only when it was told, or when the provider is free', async (t) => {
  t.same(settled({ prompt_tokens: 0, completion_tokens: 0 }, KNOWN), { amount: 0n, grade: 'reported' })
  t.same(settled({ prompt_tokens: 9, completion_tokens: 9, cost: 0 }, undefined), { amount: 0n, grade: 'reported' })
  const local = costOf(measure('chat', undefined, envelope()), undefined, { ceiling: undefined, isFree: true })
  t.same({ amount: local.amount, grade: local.grade }, { amount: 0n, grade: 'free' })
})

t.test('P5 a policy decides about backends whose price is not known: used and marked, or left out', async (t) => {
  const catalog = catalogOf(model('m', [backend('openai:a')]))
  const [candidate] = routerOf({ catalog, unknownPrice: 'allow_unmetered' }).plan(request('m')).candidates
  t.equal(candidate?.backend.id, 'openai:a')
  t.equal(candidate?.ceiling, undefined)
  const denied = routerOf({ catalog, unknownPrice: 'deny' }).plan(request('m'))
  t.same(candidatesOf(denied), [])
  t.same(excludedOf(denied), ['openai:a price_unknown openai:a'])
})

t.test('P5 autocheapest does not take a price that is not known for a low one', async (t) => {
  const dear = backend('openai:y', { price: price({ input: '90', output: '90' }) })
  const catalog = catalogOf(model('riddle', [backend('groq:x')]), model('dear', [dear]))
  t.same(candidatesOf(routerOf({ catalog }).plan(request('autocheapest'))), ['openai:y', 'groq:x'])
})

t.test('P5 every grade but unpriced has an amount', async (t) => {
  const speech = measure('speech', undefined, envelope({ characters: 3 }))
  const seen = new Map([
    settled({ prompt_tokens: 1, completion_tokens: 1 }, KNOWN),
    settled(undefined, KNOWN),
    settled(undefined, undefined),
    costOf(speech, price({ characters: '15' }), { ceiling: CEILING, isFree: false }),
    costOf(measure('chat', undefined, envelope()), KNOWN, { ceiling: CEILING, isFree: true })
  ].map(({ grade, amount }) => [grade, amount]))
  t.same([...seen.keys()].sort(), [...COST_GRADES].sort())
  for (const [grade, amount] of seen) t.equal(amount === undefined, grade === 'unpriced', grade)
})
