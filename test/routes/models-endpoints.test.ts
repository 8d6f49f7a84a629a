// The catalog's routes over a whole broker: endpoints, providers, parameters, a key's own models. Checks 73 to 83.

import t, { type Test } from 'tap'
import { gateway, type GatewayOptions } from '../helper.ts'
import { REQUIRED_OF_ENDPOINT, REQUIRED_OF_MODEL } from './required-members.ts'

const CONFIG = `providers:
  acme: { wire: openai-chat, credential: none, base_url: http://127.0.0.1:9/v1 }
models:
  gpt-4o:
    display_name: GPT-4o
    capabilities: [tool_calling, vision]
    context_window: 128000
    max_output_tokens: 16384
    aliases: [openai/gpt-4o]
    backends:
      - { provider: acme, model_id: gpt-4o, input_cost: 2.5, output_cost: 10, cached_input_cost: 1.25 }
      - { provider: openai, model_id: gpt-4o-2, max_output_tokens: 99, zdr: true, quantization: fp8, variant: turbo, supported_parameters: [tools, seed], input_cost: 0.15, output_cost: 3, tiers: [{ above_input: 1000, input_cost: 0.3 }] }
  plain: { backends: [{ provider: acme, model_id: plain }] }
  vectors: { capabilities: [embeddings], backends: [{ provider: acme, model_id: vectors, input_cost: 0.02 }] }
`

async function serve (t: Test, env: Readonly<Record<string, string>> = {}, options: GatewayOptions = {}) {
  const broker = await gateway(t, { config: CONFIG, env, ...options })
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(broker.origin + path, { headers })
    return { status: response.status, type: response.headers.get('content-type') ?? '', body: JSON.parse(await response.text()) }
  }
  const idsOf = async (path: string, headers?: Record<string, string>) =>
    ((await get(path, headers)).body.data as Array<{ id: string }>).map(({ id }) => id)
  return { ...broker, get, idsOf }
}

const AUTO = ['auto', 'autocheapest', 'autobest']

t.test('73, 74: every model has every member clients require; prices are plain decimals', async (t) => {
  const { get } = await serve(t)
  const { status, type, body } = await get('/api/v1/models')
  t.equal(status, 200)
  t.match(type, /^application\/json/)
  t.equal(body.total_count, 6)
  for (const row of body.data) {
    for (const name of REQUIRED_OF_MODEL) t.ok(name in row, `${row.id}: ${name}`)
    for (const price of Object.values(row.pricing)) {
      if (typeof price === 'string') t.match(price, /^(-1|\d+(\.\d+)?)$/)
    }
  }
  t.match(body.data[0].pricing, { prompt: '0.0000025', completion: '0.00001', input_cache_read: '0.00000125' })
})

t.test('77: the count is the length of the list, whatever is asked of it', async (t) => {
  const { get, gateway: { catalog } } = await serve(t)
  t.same((await get('/v1/models/count')).body, { data: { count: 6 } })
  t.same((await get('/v1/models/count?output_modalities=embeddings')).body, { data: { count: 1 } })
  t.equal((await get('/v1/models/count?sort=nonsense')).status, 400)
  t.equal((await get('/health')).body.models, 6, 'and health says the same')
  t.equal(catalog().models.size, 3)
})

t.test('78: /models/user is the list of the key that asks', async (t) => {
  const { idsOf, get, gateway: { keys } } = await serve(t)
  t.same(await idsOf('/v1/models/user'), ['gpt-4o', 'plain', 'vectors', ...AUTO], 'a program of this machine sees all')
  const bearer = (models?: string[], providers?: string[]) =>
    ({ authorization: `Bearer ${keys.create({ name: 'k', models, providers }).token}` })
  t.same(await idsOf('/v1/models/user', bearer()), ['gpt-4o', 'plain', 'vectors', ...AUTO])
  t.same(await idsOf('/v1/models/user', bearer(['openai/gpt-4o'])), ['gpt-4o', ...AUTO], 'by an alias')
  t.same(await idsOf('/v1/models/user', bearer(['pl*'])), ['plain', ...AUTO], 'by a pattern')
  t.same(await idsOf('/v1/models/user', bearer(['acme/v*'])), ['vectors', ...AUTO], 'by a backend')
  t.same(await idsOf('/v1/models/user', bearer(undefined, ['openai'])), ['gpt-4o', ...AUTO], 'by a provider')
  t.same(await idsOf('/v1/models/user', bearer(['openai/gpt-4o-2'], ['acme'])), AUTO, 'both must hold for one backend')
  t.same(await idsOf('/v1/models/user?limit=1&offset=1', bearer()), ['plain'])
  t.equal((await get('/v1/models/user')).status, 401, 'now that there are keys, one is needed')
  t.equal((await get('/api/v1/models/user', { authorization: 'Bearer wrong' })).status, 401)
})

t.test('/models shows every model to every key: what it may use is /models/user', async (t) => {
  const { idsOf, gateway: { keys } } = await serve(t)
  const { token } = keys.create({ name: 'k', models: ['plain'] })
  t.same(await idsOf('/v1/models', { authorization: `Bearer ${token}` }), ['gpt-4o', 'plain', 'vectors', ...AUTO])
})

t.test('79, 82: one endpoint for each backend, with every member; null where nothing was measured', async (t) => {
  const { get } = await serve(t)
  const { status, body: { data } } = await get('/api/v1/models/openai/gpt-4o/endpoints')
  t.equal(status, 200)
  t.match(data, { id: 'gpt-4o', name: 'GPT-4o', created: Number, description: '', architecture: { modality: 'text+image->text' } })
  t.equal(data.endpoints.length, 2)
  for (const endpoint of data.endpoints) {
    for (const name of REQUIRED_OF_ENDPOINT) t.ok(name in endpoint, name)
    t.match(endpoint, {
      model_id: 'gpt-4o',
      context_length: 128_000,
      supports_tool_choice: { auto: true, function: true, none: true, required: true },
      status: 0,
      uptime_last_5m: null,
      uptime_last_30m: null,
      uptime_last_1d: null,
      latency_last_30m: null,
      throughput_last_30m: null
    })
  }
  t.match(data.endpoints, [
    { tag: 'acme', quantization: null, provider_name: 'acme', max_completion_tokens: 16_384, pricing: { prompt: '0.0000025' }, supports_implicit_caching: true },
    {
      tag: 'openai/turbo',
      quantization: 'fp8',
      supported_parameters: ['tools', 'seed'],
      provider_name: 'OpenAI',
      max_completion_tokens: 99,
      supports_implicit_caching: false,
      pricing: { prompt: '0.00000015', completion: '0.000003', overrides: [{ min_prompt_tokens: 1_000, prompt: '0.0000003' }] }
    }
  ])
  t.match((await get('/v1/models/plain/endpoints')).body.data.endpoints, [{ context_length: 0, pricing: { prompt: '-1' } }])
  t.same((await get('/v1/models/auto/endpoints')).body.data.endpoints, [])
})

t.test('79: endpoints of an unknown model are a 404 in the envelope', async (t) => {
  const { get } = await serve(t)
  for (const path of ['/v1/models/openai/gpt-5o/endpoints', '/v1/models/nobody/endpoints', '/v1/models//endpoints']) {
    const { status, body } = await get(path)
    t.equal(status, 404, path)
    t.match(body, { error: { code: 404, message: /is not a valid model ID/ } })
  }
})

t.test('80: a model by each of its names, beside the routes that look like one', async (t) => {
  const { get } = await serve(t)
  for (const path of ['/v1/models/gpt-4o', '/v1/models/openai/gpt-4o', '/api/v1/models/openai%2Fgpt-4o']) {
    t.match((await get(path)).body, { id: 'gpt-4o', object: 'model', owned_by: 'openai' }, path)
  }
  t.match((await get('/api/v1/model/openai/gpt-4o')).body, { data: { id: 'gpt-4o', canonical_slug: 'openai/gpt-4o' } })
  t.match((await get('/v1/model/gpt-4o')).body, { data: { id: 'gpt-4o' } })
  t.match((await get('/v1/model/openai/nothing')).body, { error: { code: 404 } })
  t.match((await get('/v1/models/count')).body, { data: { count: 6 } })
  t.match((await get('/v1/models/user')).body, { object: 'list' })
})

t.test('80: a model that is called like a route is found all the same', async (t) => {
  const config = 'models:\n  a/endpoints: { backends: [{ provider: openai, model_id: x }] }\n'
  const { get } = await serve(t, {}, { config })
  t.match((await get('/v1/models/a/endpoints')).body, { id: 'a/endpoints', object: 'model' })
  t.match((await get('/v1/models/a/endpoints/endpoints')).body, { data: { id: 'a/endpoints' } })
})

t.test('/embeddings/models is the list of those', async (t) => {
  const { idsOf, get } = await serve(t)
  t.same(await idsOf('/v1/embeddings/models?limit=500&offset=0'), ['vectors'])
  t.match((await get('/api/v1/embeddings/models')).body, { total_count: 1, links: { next: null } })
})

t.test('83: providers that could be called, with every member', async (t) => {
  const { get } = await serve(t, { OPENAI_API_KEY: 'sk-canary' })
  const { data } = (await get('/api/v1/providers')).body
  t.same(data.map(({ slug }: { slug: string }) => slug).sort(), ['acme', 'openai'])
  t.same(data.find(({ slug }: { slug: string }) => slug === 'openai'), {
    name: 'OpenAI',
    slug: 'openai',
    privacy_policy_url: null,
    terms_of_service_url: null,
    status_page_url: null,
    headquarters: null,
    datacenters: null
  })
})

t.test('83: parameters of a model, and where one provider serves it', async (t) => {
  const { get } = await serve(t)
  t.match((await get('/v1/parameters/openai/gpt-4o')).body, { data: { model: 'gpt-4o', supported_parameters: /tools/ } })
  t.same((await get('/v1/parameters/gpt-4o?provider=OpenAI')).body.data.supported_parameters, ['tools', 'seed'])
  t.match((await get('/v1/parameters/gpt-4o?provider=acme')).body.data.supported_parameters, /tool_choice/)
  t.match((await get('/v1/parameters/gpt-4o?provider=groq')).body, { error: { code: 404, message: /does not serve it/ } })
  t.match((await get('/v1/parameters/a/b')).body, { error: { code: 404 } })
})

t.test('83: endpoints that keep nothing are those whose row says so', async (t) => {
  const { get } = await serve(t)
  const { data } = (await get('/api/v1/endpoints/zdr')).body
  t.match(data, [{ model_id: 'gpt-4o', tag: 'openai/turbo' }])
  t.equal(data.length, 1)
  for (const name of REQUIRED_OF_ENDPOINT) t.ok(name in data[0], name)
})

t.test('82: what was measured here is told, and null where too little was', async (t) => {
  const { get, gateway: { performance } } = await serve(t)
  const call = { firstEventMs: 200, outputTokens: 50, durationMs: 1_000, outcome: 'success' } as const
  for (let calls = 0; calls < 19; calls++) performance.note('acme:gpt-4o', call)
  const measured = async () => (await get('/v1/models/gpt-4o/endpoints')).body.data.endpoints
  t.match((await measured())[0], { uptime_last_30m: null, latency_last_30m: { p50: Number } }, 'one of twenty is no percentage')
  performance.note('acme:gpt-4o', { ...call, outcome: 'failure' })
  const [seen, unseen] = await measured()
  t.match(seen, {
    uptime_last_5m: 95,
    uptime_last_30m: 95,
    uptime_last_1d: 95,
    latency_last_30m: { p50: 200, p75: 200, p90: 200, p99: 200 },
    throughput_last_30m: { p50: 50, p75: 50, p90: 50, p99: 50 }
  })
  t.match(unseen, { uptime_last_5m: null, latency_last_30m: null, throughput_last_30m: null })
})

t.test('P9: none of it is there for a web page, nor without a key where keys are needed', async (t) => {
  const { get } = await serve(t, { AIBROKER_API_KEYS: 'ab_operator_0123456789abcdef' })
  for (const path of ['/models', '/models/count', '/models/user', '/models/gpt-4o', '/models/gpt-4o/endpoints', '/model/gpt-4o',
    '/embeddings/models', '/endpoints/zdr', '/providers', '/parameters/gpt-4o']) {
    t.equal((await get(`/v1${path}`)).status, 401, path)
    t.equal((await get(`/api/v1${path}`, { origin: 'https://evil.example' })).status, 403, path)
  }
})
