// The price list: three shapes of feeds, a review, approval, and the file.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { costsOfPricing, timesMillion } from '../../src/catalog/price-list-openrouter.ts'
import { readFeed } from '../../src/catalog/price-list-feeds.ts'
import { priceListText, readPriceList } from '../../src/catalog/price-list-file.ts'
import { approve } from '../../src/catalog/price-list-review.ts'
import { FORMAT } from '../../src/catalog/price-list.ts'
import { builtIn, own, priced, PROVIDERS, review } from './price-list.ts'

const SAME = builtIn({ 'openai:a': { input_cost: '2', output_cost: '8' } })

t.test('what is near and what is far: the factor itself still passes, on both sides', async (t) => {
  for (const [cost, isTaken] of [['6', true], ['6.0000001', false], ['0.6666667', true], ['0.6666666', false]] as const) {
    const { changed, held } = review(own({ 'openai:a': { input_cost: cost, output_cost: '8' } }), { builtIn: SAME })
    t.same([changed.length, held.length], isTaken ? [1, 0] : [0, 1], cost)
  }
  const wide = review(own({ 'openai:a': { input_cost: '19', output_cost: '8' } }), { builtIn: SAME, factor: '10' })
  t.equal(wide.changed.length, 1)
})

t.test('a review says what is new, what is another price, what is as it was, and why the rest waits', async (t) => {
  const feed = own({
    'openai:a': { input_cost: '2.00', output_cost: 8 },
    'openai:b': { input_cost: '4' },
    'groq:c': { input_cost: '1', output_cost: '0' },
    'groq:d': { input_cost: '0', output_cost: '0' },
    'groq:e': { input_cost: '20000' },
    'groq:f': { input_cost: '-1' },
    'groq:g': { input_cost: '3000' }
  })
  const { added, changed, unchanged, held } = review(feed, {
    builtIn: new Map([...SAME, ['openai:b', priced({ input_cost: '3' })], ['groq:g', priced({ input_cost: '3' })]])
  })
  t.equal(unchanged, 1)
  t.same(added.map(({ id }) => id), ['groq:c'])
  t.match(changed, [{ id: 'openai:b', before: { document: 'input=3000/1' }, after: { document: 'input=4000/1' } }])
  t.match(held, [
    { id: 'groq:d', kind: 'added', reason: 'it would be free' },
    { id: 'groq:e', kind: 'added', reason: /USD 10,000/ },
    { id: 'groq:f', kind: 'unreadable', reason: /^input_cost: "-1" is not a cost/, listed: undefined },
    { id: 'groq:g', kind: 'changed', reason: 'the cost of input would be 1000 times of what it is' }
  ])
})

t.test('approval takes what waits, forgets what is gone, and has nothing to take of the unreadable', async (t) => {
  const before = review(own({ 'groq:gone': { input_cost: '1' } })).list
  const { list } = review(own({ 'openai:a': { input_cost: '200', output_cost: '8' }, 'groq:x': {} }), { builtIn: SAME, list: before })
  t.same([...list.held.keys()].sort(), ['groq:gone', 'groq:x', 'openai:a'])

  const taken = approve(list, 'openai:a')
  t.match(taken?.prices.get('openai:a'), { price: { document: 'input=200000/1;output=8000/1' } })
  t.equal(taken?.held.has('openai:a'), false)
  const forgotten = taken && approve(taken, 'groq:gone')
  t.equal(forgotten?.prices.has('groq:gone'), false)
  t.equal(approve(list, 'groq:x'), undefined)
  t.equal(approve(list, 'groq:never'), undefined)
  t.equal(list.held.size, 3, 'the list itself is not changed')
})

t.test('what waits is dropped when its feed thinks better of it, and stays when another feed speaks', async (t) => {
  const first = review(own({ 'openai:a': { input_cost: '200', output_cost: '8' } }), { builtIn: SAME })
  const other = review(own({ 'groq:c': { input_cost: '1' } }), { builtIn: SAME, list: first.list, source: 'https://other.example' })
  t.same([...other.list.held.keys()], ['openai:a'])
  const again = review(own({ 'openai:a': { input_cost: '2.5', output_cost: '8' } }), { builtIn: SAME, list: other.list })
  t.equal(again.list.held.size, 0)
  t.equal(again.changed.length, 1)
})

t.test('OpenRouter tells prices for one token as text; they come out for a million, digit by digit', async (t) => {
  for (const [told, cost] of [
    ['0.0000025', '2.5'], ['0.00000015', '0.15'], ['0.000001', '1'], ['1e-7', '0.1'], ['0.000000000001', '0.000001'],
    ['0', '0'], ['1', '1000000'], ['-1', '-1'], ['NaN', 'NaN'], ['', '']
  ]) t.equal(timesMillion(told ?? ''), cost)

  const pricing = {
    prompt: '0.00000125',
    completion: '0.00001',
    input_cache_read: '0.000000125',
    request: '0',
    image: '0.005',
    web_search: '0.01',
    internal_reasoning: '0',
    overrides: [{ min_prompt_tokens: 200_000, prompt: '0.0000025' }]
  }
  const feed = readFeed(JSON.stringify({ data: [{ id: 'google/gemini', pricing }, { id: 'x/none' }, { pricing }] }), PROVIDERS)
  t.same(feed.rows, [
    {
      id: 'openrouter:google/gemini',
      costs: {
        input_cost: '1.25',
        output_cost: '10',
        cached_input_cost: '0.125',
        per_search: '0.01',
        tiers: [{ above_input: 200_000, input_cost: '2.5' }]
      }
    },
    { id: 'openrouter:x/none', costs: undefined }
  ])
  t.equal(feed.ignored, 1)
})

const costsWith = (...overrides: JsonObject[]) =>
  costsOfPricing({ prompt: '0.000001', completion: '0.000002', overrides })

t.test('its overrides by length are tiers, those by the time of day are hours, and later ones win', async (t) => {
  const [night, long] = [{ utc_start: 2200, utc_end: 600, prompt: '0.0000005' }, { min_prompt_tokens: 9, prompt: '0.000003' }]
  const hours = { utc_start: 2200, utc_end: 600 }
  const tiers = [{ above_input: 9, input_cost: '3' }]
  t.match(costsWith(long, night), { tiers, hours: [{ ...hours, input_cost: '0.5' }] })
  t.match(costsWith(night, long), { tiers, hours: [{ ...hours, input_cost: '0.5' }, { ...hours, above_input: 9, input_cost: '3' }] })
  t.match(costsWith({ ...night, min_prompt_tokens: 9 }), { hours: [{ ...hours, above_input: 9, input_cost: '0.5' }] })
  t.match(costsWith({ min_prompt_tokens: 9, utc_start: null, utc_end: null, prompt: '0.000003' }), { tiers })
})

t.test('a tier says what those below it say, and what is told behind it', async (t) => {
  const [low, high] = [{ min_prompt_tokens: 5, completion: '0.000004' }, { min_prompt_tokens: 9, prompt: '0.000003' }]
  const tiers = [{ above_input: 9, input_cost: '3', output_cost: '4' }, { above_input: 5, output_cost: '4' }]
  t.strictSame(costsWith(high, low)?.['tiers'], tiers)
  t.strictSame(costsWith(low, high)?.['tiers'], tiers.toReversed())
})

t.test('an override under a condition that nobody knows makes the price unknown', async (t) => {
  for (const condition of [{}, { weekday: 'sun' }, { min_prompt_tokens: 5, max_prompt_tokens: 9 }]) {
    t.equal(costsWith({ ...condition, prompt: '0.000003' }), undefined, JSON.stringify(condition))
  }
})

t.test('models.dev tells prices for a million as numbers, under names of providers that are not all ours', async (t) => {
  const models = {
    'gpt-4o': { cost: { input: 2.5, output: 10, cache_read: 1.25, cache_write: 0 } },
    long: { cost: { input: 1.25, output: 10, context_over_200k: { input: 2.5, output: 15 } } },
    strange: { cost: { input: 1, constructor: 5 } },
    untold: { name: 'no cost' }
  }
  const elsewhere = { models: { x: { cost: { input: 1 } } } }
  const feed = readFeed(JSON.stringify({ togetherai: { models }, elsewhere }), PROVIDERS)
  t.same(feed.rows, [
    { id: 'together:gpt-4o', costs: { input_cost: '2.5', output_cost: '10', cached_input_cost: '1.25' } },
    {
      id: 'together:long',
      costs: {
        input_cost: '1.25', output_cost: '10', tiers: [{ above_input: 200_000, input_cost: '2.5', output_cost: '15' }]
      }
    },
    { id: 'together:strange', costs: undefined }
  ])
  t.equal(feed.ignored, 1)
})

t.test('text that is no price list is refused in words', async (t) => {
  for (const text of ['', '[]', 'null', '"prices"', '{"a":NaN}', '<html>']) {
    t.throws(() => readFeed(text, PROVIDERS), { message: 'is no JSON object' })
  }
  for (const text of ['{}', '{"error":"rate limited"}', '{"format":"aibroker-prices/2","prices":[]}', '{"data":{}}']) {
    t.throws(() => readFeed(text, PROVIDERS), { message: /^is no price list: neither/ })
  }
})

t.test('the file is read as it was written; half a list is none', async (t) => {
  const { list } = review(own({ 'groq:c': { input_cost: '1' }, 'openai:a': { input_cost: '99', output_cost: '8' } }), { builtIn: SAME })
  const again = readPriceList(priceListText(list))
  t.same([...again.prices.values()], [...list.prices.values()])
  t.same([...again.held.values()], [...list.held.values()])
  for (const text of [
    '', '{}', '{"format":"aibroker-prices/1","prices":{}}', '{"format":"aibroker-prices/1","prices":[7]}',
    JSON.stringify({ format: FORMAT, prices: [{ id: 'a:b', input_cost: 'x', source: 's', as_of: '2026-11-21' }] }),
    JSON.stringify({ format: FORMAT, prices: [{ id: 'a:b', input_cost: '1', source: 's', as_of: 'today' }] }),
    JSON.stringify({ format: FORMAT, prices: [], quarantine: [{ id: 'a:b', kind: 'maybe' }] })
  ]) t.throws(() => readPriceList(text), RangeError)
})
