// OpenRouter's own endpoints of a model on its live list: read when asked for, kept, and served while it is down.

import t from 'tap'
import { REQUIRED_OF_ENDPOINT } from '../routes/required-members.ts'
import { entry, stageOpenRouter } from './openrouter-side.ts'

const FILE = 'models:\n  own: { backends: [{ provider: openrouter, model_id: acme/own, input_cost: 1, output_cost: 1 }] }\n'
const TIMES = { p50: 1, p75: 2, p90: 3, p99: 4 }
const HOUR_MS = 60 * 60_000

/** A row with the names and prices no client can do without. */
function row (tag: string, members: object = {}) {
  return {
    name: `${tag} | acme/one`,
    model_id: 'acme/one',
    provider_name: tag,
    tag,
    pricing: { prompt: '0.000001', completion: '0.000002' },
    ...members
  }
}

t.test('79: a model of the live list has the endpoints OpenRouter tells, each with every member', async (t) => {
  const { side, tick, get, provider } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  side.endpoints = {
    'acme/one': {
      data: {
        endpoints: [
          row('deepinfra/turbo', {
            quantization: 'fp8', uptime_last_30m: 99.5, latency_last_30m: TIMES, context_length: 32_000, secret: 'x'
          }),
          row('groq', { uptime_last_30m: 'high', latency_last_30m: { p50: 1 }, supported_parameters: ['tools', 'tool_choice'] }),
          row('poison', { pricing: { prompt: 'free', completion: '1' } }), { tag: 'bare' }, null, 7
        ]
      }
    }
  }
  await tick()
  const { data } = (await get('/v1/models/acme/one/endpoints')).body
  t.match(data, { id: 'acme/one', name: 'Name of acme/one', description: 'Words' })
  t.match(data.endpoints, [
    { tag: 'deepinfra/turbo', quantization: 'fp8', context_length: 32_000, uptime_last_30m: 99.5, latency_last_30m: { p99: 4 } },
    { tag: 'groq', quantization: null, context_length: 0, uptime_last_30m: null, latency_last_30m: null, supports_tool_choice: { auto: true } }
  ])
  t.equal(data.endpoints.length, 2)
  for (const endpoint of data.endpoints) for (const name of REQUIRED_OF_ENDPOINT) t.ok(name in endpoint, name)
  t.notOk('secret' in data.endpoints[0])
  t.equal(provider.requests.at(-1)?.headers.authorization, undefined)
  t.match((await get('/v1/models/own/endpoints')).body.data.endpoints, [{ tag: 'openrouter' }], 'a model of the file has our own')
})

t.test('they are asked for once an hour, and what was heard is served while OpenRouter is down', async (t) => {
  const staged = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  const { side, tick, get, provider, pass } = staged
  side.endpoints = { 'acme/one': { data: { endpoints: [row('groq')] } } }
  await tick()
  const tags = async () => (await get('/v1/models/acme/one/endpoints')).body.data.endpoints.map(({ tag }: { tag: string }) => tag)
  const calls = () => provider.requests.filter(({ path }) => path.endsWith('/endpoints')).length
  t.same(await tags(), ['groq'])
  side.endpoints = { 'acme/one': { data: { endpoints: [row('groq'), row('cerebras')] } } }
  t.same(await tags(), ['groq'])
  t.equal(calls(), 1)
  pass(HOUR_MS + 1)
  t.same(await tags(), ['groq', 'cerebras'])
  side.status = 500
  pass(HOUR_MS + 1)
  t.same(await tags(), ['groq', 'cerebras'], 'out of date, and better than nothing')
  t.same(await tags(), ['groq', 'cerebras'])
  t.equal(calls(), 3, 'a failure is believed for a minute')
  side.status = 200
  pass(60_001)
  await tags()
  t.equal(calls(), 4)
})

t.test('without an answer a model has our one way to it; who asks together asks once', async (t) => {
  const { side, tick, get, provider } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  await tick()
  side.status = 503
  const answers = await Promise.all(Array.from({ length: 10 }, () => get('/v1/models/acme/one/endpoints')))
  for (const { status, body } of answers) {
    t.equal(status, 200)
    t.match(body.data.endpoints, [{ tag: 'openrouter', model_id: 'acme/one', pricing: { prompt: '0.000001' } }])
  }
  t.equal(provider.requests.filter(({ path }) => path.endsWith('/endpoints')).length, 1)
  t.equal((await get('/v1/models/acme/nobody/endpoints')).status, 404)
})

t.test('at most two calls are under way, whatever is asked for', async (t) => {
  const many = Array.from({ length: 8 }, (_, at) => entry(`acme/m${at}`))
  const { side, tick, get, provider } = await stageOpenRouter(t, many, { config: FILE })
  await tick()
  let release = () => {}
  side.gate = new Promise((resolve) => { release = resolve })
  const first = [get('/v1/models/acme/m0/endpoints'), get('/v1/models/acme/m1/endpoints')]
  await provider.received(3) // the list, and these two
  for (const at of [2, 3, 4, 5]) {
    t.match((await get(`/v1/models/acme/m${at}/endpoints`)).body.data.endpoints, [{ tag: 'openrouter' }], 'it does not wait')
  }
  t.equal(provider.requests.length, 3)
  release()
  await Promise.all(first)
})

t.test('an id cannot lead to another path', async (t) => {
  const { tick, ids } = await stageOpenRouter(t, [entry('../key'), entry('a/..'), entry('a/../b'), entry('acme/one')], { config: FILE })
  await tick()
  t.same((await ids()).slice(0, 2), ['own', 'acme/one'])
})
