// OpenRouter's dialect, checks 129, 130 and 132: what an answer costs, to the last nano-dollar.

import t, { type Test } from 'tap'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { entry, stageOpenRouter } from '../catalog/openrouter-side.ts'
import { post } from '../helper.ts'
import { leapingClock, rowsOf } from '../promises/observe.ts'
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

const DAY_MS = Date.UTC(2026, 10, 22)
const atClock = (hours: number, minutes: number, ms = 0) => DAY_MS + (hours * 60 + minutes) * 60_000 + ms
const LAST_MS = 59_999

const NIGHT = '{ utc_start: 2200, utc_end: 0600, input_cost: 0.5 }'
const NIGHTLY = { input_cost: 1, output_cost: 2, hours: `[${NIGHT}]` }

/** A clock that stands still, but for waits. */
const standing = (nowMs: number) => ({ ...leapingClock('hasty'), nowMs: () => nowMs })

t.test('130: a price by the time of day counts from its first minute up to its last, past midnight too', async (t) => {
  const cases: ReadonlyArray<readonly [atMs: number, cost: number]> = [
    [atClock(21, 59, LAST_MS), 0.0012],
    [atClock(22, 0), 0.0007],
    [atClock(23, 59, LAST_MS), 0.0007],
    [atClock(0, 0), 0.0007],
    [atClock(5, 59, LAST_MS), 0.0007],
    [atClock(6, 0), 0.0012]
  ]
  const at = { nowMs: 0 }
  const { ask, broker } = await scene(t, answered({}, {}, { usage: promptOf(1_000) }), {
    yaml: yamlOf(NIGHTLY), clock: { ...leapingClock('hasty'), nowMs: () => at.nowMs }
  })
  for (const [atMs, cost] of cases) {
    at.nowMs = atMs
    const { json, headers } = await ask()
    t.equal(json().usage.cost, cost, new Date(atMs).toISOString())
    const told = await fetch(`${broker.url}/exchanges/${headers.get('x-generation-id')}/explain`)
    const { attempts: [attempt] } = await told.json() as { attempts: JsonObject[] }
    t.equal(attempt?.['cost_usd'], cost.toFixed(9), 'and so do the books')
    t.same(asObject(attempt?.['price_applied'] ?? null)?.['utc_hours'], cost === 0.0007 ? '2200-0600' : undefined)
  }
})

t.test('130: the moment that counts is when the request was sent, however long the answer takes', async (t) => {
  const clock = { ...leapingClock('hasty'), nowMs: () => at.nowMs }
  const at = { nowMs: atClock(21, 59, LAST_MS) }
  const { ask } = await scene(t, (call) => {
    at.nowMs = atClock(22, 5)
    return answered({}, {}, { usage: promptOf(1_000) })(call)
  }, { yaml: yamlOf(NIGHTLY), clock })
  t.equal((await ask()).json().usage.cost, 0.0012)
})

t.test('130: hours and lengths count together', async (t) => {
  const tiers = '[{ above_input: 200000, input_cost: 3 }]'
  const hours = `[${NIGHT}, { utc_start: 2200, utc_end: 600, above_input: 200000, input_cost: 2 }]`
  const yaml = yamlOf({ input_cost: 1, output_cost: 2, tiers, hours })
  const cases: ReadonlyArray<readonly [hour: number, tokens: number, cost: number]> = [
    [12, 200_000, 0.2002], [12, 200_001, 0.600203], [23, 200_000, 0.1002], [23, 200_001, 0.400202]
  ]
  for (const [hour, tokens, cost] of cases) {
    const clock = standing(atClock(hour, 0))
    const { ask } = await scene(t, answered({}, {}, { usage: promptOf(tokens) }), { yaml, clock })
    t.equal((await ask({ messages: LONG })).json().usage.cost, cost, `${tokens} tokens at ${hour}`)
  }
})

t.test('130: what is reserved covers every price until the deadline, and what is expected is that of now', async (t) => {
  const yaml = yamlOf({ input_cost: 0, output_cost: 1, hours: '[{ utc_start: 2200, utc_end: 600, output_cost: 4 }]' })
  const cases: ReadonlyArray<readonly [atMs: number, maximum: number, expected: number]> = [
    [atClock(12, 0), 1, 1],
    [atClock(21, 43, LAST_MS), 1, 1], // 15 minutes to run, and one of slack
    [atClock(21, 44), 4, 1],
    [atClock(21, 59, LAST_MS), 4, 1],
    [atClock(22, 0), 4, 4],
    [atClock(5, 59, LAST_MS), 4, 4],
    [atClock(6, 0, LAST_MS), 4, 1], // the provider's clock may be behind
    [atClock(6, 1), 1, 1]
  ]
  for (const [atMs, maximum, expected] of cases) {
    const { broker: { url } } = await scene(t, answered(), { yaml, clock: standing(atMs) })
    const quoted = await post(`${url}/chat/completions?dry_run=1`, { model: 'm', messages: LONG, max_tokens: 100 })
    const { expected_cost_usd: likely, maximum_cost_usd: most } = quoted.json()
    t.equal(Math.round(Number(most) * 1e4), maximum, `at most, ${new Date(atMs).toISOString()}`)
    t.equal(Math.round(Number(likely) * 1e4), expected, `likely, ${new Date(atMs).toISOString()}`)
  }
})

t.test('130: overrides of OpenRouter\'s list are prices, by length and by the time of day', async (t) => {
  const pricing = { prompt: '0.000001', completion: '0.000002' }
  const long = { ...pricing, overrides: [{ min_prompt_tokens: 200_000, prompt: '0.000003' }] }
  const nightly = { ...pricing, overrides: [{ utc_start: 2230, utc_end: 400, prompt: '0.0000005' }] }
  const { side, tick, get, url } = await stageOpenRouter(t, [
    entry('acme/long', { pricing: long }), entry('acme/nightly', { pricing: nightly })
  ])
  await tick()
  t.strictSame((await get('/v1/models/acme/long')).body.pricing, long)
  t.strictSame((await get('/v1/models/acme/nightly')).body.pricing, nightly)
  const costOf = async (atMs: number) => {
    side.nowMs = atMs
    const { headers } = await post(`${url}/chat/completions`, { model: 'acme/nightly', messages: LONG })
    t.equal(headers.get('x-aibroker-cost-grade'), 'reported')
    return Number(headers.get('x-aibroker-cost-usd'))
  }
  const [day, night] = [await costOf(atClock(22, 29, LAST_MS)), await costOf(atClock(22, 30))]
  t.ok(day > night && night > 0, `${day} by day, ${night} by night`)
  t.equal(await costOf(atClock(3, 59)), night)
  t.equal(await costOf(atClock(4, 0)), day)
})

t.test('130: overrides that make no sense make the price unknown', async (t) => {
  const HOSTILE: readonly JsonObject[] = [
    { utc_start: 2200 }, { utc_end: 600 }, { utc_start: 2200, utc_end: 2200 }, { utc_start: 2460, utc_end: 600 },
    { utc_start: 2200, utc_end: 2401 }, { utc_start: -100, utc_end: 600 }, { utc_start: 100.5, utc_end: 600 },
    { utc_start: '22:00', utc_end: '06:00' }, { utc_start: [2200], utc_end: 600 },
    { utc_start: 2200, utc_end: 600, weekday: 'sun' },
    { utc_start: 2200, utc_end: 600, prompt: '-1' }, { utc_start: 2200, utc_end: 600, prompt: 'free' },
    { utc_start: 2200, utc_end: 600, prompt: '0' }, { utc_start: 2200, utc_end: 600, min_prompt_tokens: 1e12 }, {}
  ]
  const many = Array.from({ length: 9 }, (_, at) => ({ utc_start: at * 100, utc_end: at * 100 + 30, prompt: '0.000002' }))
  const overrides = [...HOSTILE.map((override) => [{ prompt: '0.0000005', ...override }]), many, 'none', [null]]
  const pricing = { prompt: '0.000001', completion: '0.000002' }
  const { tick, get } = await stageOpenRouter(t, overrides.map((overrides, at) =>
    entry(`acme/m${at}`, { pricing: { ...pricing, overrides } })))
  await tick()
  for (const [at, told] of overrides.entries()) {
    const { body } = await get(`/v1/models/acme/m${at}`)
    t.strictSame(body.pricing, { prompt: '-1', completion: '-1' }, JSON.stringify(told))
  }
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
