// OpenRouter's dialect, checks 129, 130 and 132: what an answer costs, to the last nano-dollar.

import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { entry, stageOpenRouter } from '../catalog/openrouter-side.ts'
import { post } from '../helper.ts'
import { rowsOf } from '../promises/observe.ts'
import { answered, chunks, DONE, errorOf, frame, openrouterScene, scene, type Scene } from './scene.ts'

const PICO_USD = 1e-12
const NANO_USD = 1e-9
const USAGE: JsonObject = {
  prompt_tokens: 1_000,
  completion_tokens: 200,
  total_tokens: 1_200,
  prompt_tokens_details: { cached_tokens: 400, cache_write_tokens: 100 },
  completion_tokens_details: { reasoning_tokens: 50 }
}

/** USD per million tokens, and per request; what is not given costs what the formula takes in its place. */
interface Prices {
  readonly input_cost: number
  readonly output_cost: number
  readonly cached_input_cost?: number
  readonly cache_write_cost?: number
  readonly reasoning_cost?: number
  readonly per_request?: number
}

function formula (price: Prices): number {
  const { input_cost: input, output_cost: output } = price
  const { cached_input_cost: read = input, cache_write_cost: write = input } = price
  const tokens = (1_000 - 400 - 100) * input + 400 * read + 100 * write + 200 * output
  return (tokens + 50 * ((price.reasoning_cost ?? output) - output)) / 1e6 + (price.per_request ?? 0)
}

/** YAML members of a backend. */
const yamlOf = (price: object) => Object.entries(price).map(([key, value]) => `${key}: ${value}`).join('\n        ')

async function costIn (t: Test, price: Prices): Promise<number> {
  const { ask, broker } = await scene(t, answered({}, {}, { usage: USAGE }), { yaml: yamlOf(price) })
  const { headers, json } = await ask()
  const { cost } = json().usage
  t.equal(Number(headers.get('x-aibroker-cost-usd')), cost, 'the header says the same')
  const generation = await fetch(`${broker.url}/generation?id=${headers.get('x-generation-id')}`)
  t.equal((await generation.json() as { data: JsonObject }).data['total_cost'], cost, 'and so do the books')
  return cost
}

const PRICES: readonly Prices[] = [
  { input_cost: 3, output_cost: 15, cached_input_cost: 0.3, cache_write_cost: 3.75 },
  { input_cost: 2.5, output_cost: 10 },
  { input_cost: 0.15, output_cost: 0.6, cached_input_cost: 0.075 },
  { input_cost: 1.25, output_cost: 10, cached_input_cost: 0.125, reasoning_cost: 12, per_request: 0.005 },
  { input_cost: 0, output_cost: 0 }
]

for (const price of PRICES) {
  t.test(`129: the cost is that of the formula: ${JSON.stringify(price)}`, async (t) => {
    const [cost, expected] = [await costIn(t, price), formula(price)]
    t.ok(Math.abs(cost - expected) <= PICO_USD, `${cost} for ${expected}`)
  })
}

t.test('129: parts of a nano-dollar are rounded, each line by itself', async (t) => {
  const input = { input_cost: 0.0123457, cached_input_cost: 0.0011111, cache_write_cost: 0.0133333 }
  const price = { ...input, output_cost: 0.0456789 }
  const [cost, expected] = [await costIn(t, price), formula(price)]
  const LINES = 5
  t.ok(Math.abs(cost - expected) <= LINES * NANO_USD / 2, `${cost} for ${expected}`)
  t.equal(Number.isInteger(Number((cost / NANO_USD).toFixed(3))), true, 'whole nano-dollars')
})

const LONG = [{ role: 'user', content: 'x '.repeat(75_000) }]
const promptOf = (tokens: number): JsonObject =>
  ({ prompt_tokens: tokens, completion_tokens: 100, total_tokens: tokens + 100 })

t.test('130: a price for long prompts counts above its limit, and not at it', async (t) => {
  const yaml = yamlOf({ input_cost: 1, output_cost: 2, tiers: '[{ above_input: 200000, input_cost: 3 }]' })
  for (const [tokens, cost] of [[200_000, 0.2002], [200_001, 0.600203]] as const) {
    const { ask } = await scene(t, answered({}, {}, { usage: promptOf(tokens) }), { yaml })
    t.equal((await ask({ messages: LONG })).json().usage.cost, cost, 'what it does not name stays as it is')
  }
})

t.test('130: overrides of OpenRouter\'s list: by length they are prices, by the time of day it is unknown', async (t) => {
  const pricing = { prompt: '0.000001', completion: '0.000002' }
  const long = { ...pricing, overrides: [{ min_prompt_tokens: 200_000, prompt: '0.000003' }] }
  const nightly = { ...pricing, overrides: [{ utc_start: '2200', utc_end: '0600', prompt: '0' }] }
  const { tick, get, url } = await stageOpenRouter(t, [
    entry('acme/long', { pricing: long }), entry('acme/nightly', { pricing: nightly })
  ])
  await tick()
  t.strictSame((await get('/v1/models/acme/long')).body.pricing, long)
  t.strictSame((await get('/v1/models/acme/nightly')).body.pricing, { prompt: '-1', completion: '-1' })
  const gradeOf = async (model: string) => (await post(`${url}/chat/completions`, { model, messages: LONG }))
    .headers.get('x-aibroker-cost-grade')
  t.equal(await gradeOf('acme/long'), 'reported')
  t.equal(await gradeOf('acme/nightly'), 'unpriced')
})

const WRITTEN_NOTHING: JsonObject = { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 }

/** USD in all, of how many calls. */
async function booked ({ broker }: Scene) {
  const { totals } = await (await fetch(`${broker.url}/billing/usage`)).json() as { readonly totals: JsonObject }
  return { usd: Number(totals['cost_usd']), calls: rowsOf(broker.home).flatMap(({ attempts }) => attempts).length }
}

/** USD of one call; undefined: its upper bound. */
const NOTHING: ReadonlyArray<readonly [what: string, usage: JsonObject | undefined, usd: number | undefined]> = [
  ['and no usage told costs its bound: unknown is not zero', undefined, undefined],
  ['and a usage of nothing costs nothing', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, 0],
  ['but a prompt was read costs what the provider will charge for it', WRITTEN_NOTHING, 0.000009],
  ['and which its provider gives away costs nothing', { ...WRITTEN_NOTHING, cost: 0 }, 0]
]

for (const [what, usage, usd] of NOTHING) {
  t.test(`132: an answer in which nothing was written is a failure, ${what}`, async (t) => {
    const plain = (finish: string | null) => answered({ content: '' }, { finish_reason: finish }, { usage: usage ?? null })
    const stream = chunks(...usage ? [frame({ choices: [], usage })] : [], DONE)
    for (const [answer, isStream] of [[plain(null), false], [plain('error'), false], [stream, true]] as const) {
      const played = usage?.['cost'] === undefined ? await scene(t, answer) : await openrouterScene(t, answer)
      const reply = await played.ask({ stream: isStream })
      t.equal(reply.status, 502)
      t.match(errorOf(reply), { metadata: { raw: /without any output/ } })
      const { usd: sum, calls } = await booked(played)
      if (usd === undefined) t.ok(sum > 0, `${sum}`)
      else t.equal(Number(sum.toFixed(9)), Number((usd * calls).toFixed(9)))
    }
  })
}
