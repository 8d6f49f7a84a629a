// GET /models over HTTP, as clients of OpenAI and of OpenRouter call it.

import Fastify from 'fastify'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import errors from '../../plugins/errors.ts'
import models from '../../routes/models.ts'
import type { Catalog } from '../../src/catalog/catalog.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { systemClock } from '../../src/core/clock.ts'
import { modelListOf } from '../../src/catalog/model-card.ts'
import { REQUIRED_OF_MODEL } from './required-members.ts'

const CATALOG = `models:
  gpt-4o:
    capabilities: [tool_calling, vision]
    context_window: 128000
    max_output_tokens: 16384
    aliases: [openai/gpt-4o]
    backends: [{ provider: openai, model_id: gpt-4o, input_cost: 2.5, output_cost: 10 }]
  llama3:8b:
    backends: [{ provider: ollama, model_id: "llama3:8b" }]
  accounts/fireworks/models/x:
    capabilities: [tool_calling]
    backends: [{ provider: fireworks, model_id: x }]
  "@cf/meta/llama@v1":
    backends: [{ provider: cloud, model_id: x }]
  embed:
    capabilities: [embeddings]
    backends: [{ provider: openai, model_id: embed, input_cost: 0.02 }]
`

/** Members of the list, of one model and of an error, whichever the answer is. */
interface Payload {
  readonly id: string
  readonly data: Array<{ readonly id: string }> & { readonly id: string }
  readonly total_count: number
  readonly links: { readonly next: string | null, readonly details: string }
  readonly error: { readonly message: string }
}

function read (text: string): Catalog {
  return readCatalog(text, 'modelsconfig.yml', 1_700_000_000).catalog
}

/** The routes on a real port, over a catalog that can be swapped. */
async function serve (t: Test, text = CATALOG) {
  let catalog = read(text)
  const app = Fastify({ routerOptions: { maxParamLength: 256 } })
  const gateway = {
    catalog: () => catalog,
    clock: systemClock,
    health: { list: () => [] },
    performance: { latencyMs: () => undefined, throughput: () => undefined, uptime: () => undefined },
    providers: () => NO_PROVIDERS,
    log: { error: () => {} }
  } as never
  app.decorate('gateway', gateway)
  await app.register(errors, { gateway })
  for (const prefix of ['/v1', '/api/v1']) await app.register(models, { prefix })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const get = async (path: string) => {
    const response = await fetch(url + path)
    return { status: response.status, type: response.headers.get('content-type'), body: await response.json() as Payload }
  }
  const idsOf = async (path: string) => (await get(path)).body.data.map(({ id }) => id)
  return { url, get, idsOf, swap: (text: string) => { catalog = read(text) } }
}

const NO_PROVIDERS = { get: () => undefined, all: () => [] }

const OWN = ['gpt-4o', 'llama3:8b', 'accounts/fireworks/models/x', '@cf/meta/llama@v1', 'embed']
const ALL = [...OWN, 'auto', 'autocheapest', 'autobest']

t.test('the list is whole, in the order of the file, the same under both bases', async (t) => {
  const { get } = await serve(t)
  const { status, type, body } = await get('/v1/models')
  t.equal(status, 200)
  t.equal(type, 'application/json; charset=utf-8')
  t.same({ ...body, data: body.data.map(({ id }) => id) },
    { object: 'list', data: ALL, total_count: ALL.length, links: { next: null } })
  t.same((await get('/api/v1/models')).body, body)
})

t.test('every row has what OpenRouter\'s and OpenAI\'s clients require', async (t) => {
  const { get } = await serve(t)
  for (const row of (await get('/v1/models')).body.data) {
    for (const name of REQUIRED_OF_MODEL) t.ok(name in row, `${row.id}: ${name}`)
    t.match(row, {
      object: 'model',
      owned_by: String,
      created: 1_700_000_000,
      pricing: { prompt: /^(-1|\d+(\.\d+)?)$/, completion: /^(-1|\d+(\.\d+)?)$/ },
      architecture: { modality: /->/, input_modalities: Array, output_modalities: Array },
      top_provider: { is_moderated: false },
      links: { details: /^\/api\/v1\/models\// }
    })
  }
})

t.test('one row in full', async (t) => {
  const { get } = await serve(t)
  t.same((await get('/v1/models')).body.data[0], {
    id: 'gpt-4o',
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'openai',
    canonical_slug: 'openai/gpt-4o',
    name: 'gpt-4o',
    hugging_face_id: null,
    knowledge_cutoff: null,
    expiration_date: null,
    context_length: 128_000,
    architecture: {
      modality: 'text+image->text',
      input_modalities: ['text', 'image'],
      output_modalities: ['text'],
      tokenizer: 'Other',
      instruct_type: null
    },
    pricing: { prompt: '0.0000025', completion: '0.00001' },
    top_provider: { context_length: 128_000, max_completion_tokens: 16_384, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [
      'max_tokens', 'temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty', 'tools', 'tool_choice'
    ],
    default_parameters: null,
    supported_voices: null,
    links: { details: '/api/v1/models/gpt-4o/endpoints' },
    x_aibroker: { tier: 'standard', tasks: ['chat', 'completion'], aliases: ['openai/gpt-4o'], providers: ['openai'] }
  })
})

t.test('OpenAI\'s own client lists and retrieves', async (t) => {
  const { url } = await serve(t)
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 })
  const listed = []
  for await (const { id } of client.models.list()) listed.push(id)
  t.same(listed, ALL)
  t.equal((await client.models.retrieve('accounts/fireworks/models/x')).id, 'accounts/fireworks/models/x')
  await t.rejects(client.models.retrieve('gpt-4p'), /404 gpt-4p is not a valid model ID. Did you mean gpt-4o\?/)
})

t.test('a model is found by every name, escaped or not, and by its link', async (t) => {
  const { get } = await serve(t)
  for (const id of ALL) {
    for (const path of [id, encodeURIComponent(id), encodeURI(id)]) {
      const { status, body } = await get(`/v1/models/${path}`)
      t.equal(status, 200, path)
      t.equal(body.id, id)
      t.equal((await get(body.links.details)).body.data.id, id, 'its link leads to its endpoints')
    }
  }
  t.equal((await get('/api/v1/models/openai/gpt-4o')).body.id, 'gpt-4o')
  t.equal((await get('/api/v1/models/openai%2Fgpt-4o')).body.id, 'gpt-4o')
})

t.test('the longest name a file may have can be asked for', async (t) => {
  const name = `a/${'b'.repeat(198)}`
  const { get } = await serve(t, `models:\n  ${name}: { backends: [{ provider: a, model_id: x }] }\n`)
  t.equal((await get(`/v1/models/${encodeURIComponent(name)}`)).body.id, name)
})

t.test('an unknown model is a 404 that names the nearest ones', async (t) => {
  const { get } = await serve(t)
  const { status, body } = await get('/v1/models/gpt4-o')
  t.equal(status, 404)
  t.equal(body.error.message, 'gpt4-o is not a valid model ID. Did you mean gpt-4o or openai/gpt-4o?')
  t.equal((await get('/v1/models/zzzzzzzz')).body.error.message,
    'zzzzzzzz is not a valid model ID. GET /v1/models lists what is served.')
  for (const path of ['toString', '__proto__', 'constructor', 'gpt-4o/', '%2e%2e/secret']) {
    t.equal((await get(`/v1/models/${path}`)).status, 404, path)
  }
})

t.test('76: pages lead on to each other and end', async (t) => {
  const { get, idsOf } = await serve(t)
  const seen: string[] = []
  let path: string | null = '/api/v1/models?limit=3&offset=0'
  while (path !== null) {
    const { body } = await get(path)
    t.equal(body.total_count, ALL.length)
    seen.push(...body.data.map(({ id }) => id))
    path = body.links.next
  }
  t.same(seen, ALL)
  const { data, links } = (await get('/v1/models?limit=2&offset=2')).body
  t.same(data.map(({ id }) => id), ALL.slice(2, 4))
  t.equal(links.next, '/v1/models?limit=2&offset=4')
  t.same(await idsOf('/v1/models?offset=7'), ['autobest'])
  t.same(await idsOf('/v1/models?offset=100'), [])
  t.same(await idsOf('/v1/models?limit=500&offset=0'), ALL, 'what the SDK of OpenRouter always sends')
})

t.test('a limit or offset that is none is a 400 that says so', async (t) => {
  const { get } = await serve(t)
  for (const query of ['limit=0', 'limit=-1', 'limit=x', 'offset=-1', 'offset=1.5', 'limit=']) {
    const { status, body } = await get(`/v1/models?${query}`)
    t.equal(status, 400, query)
    t.match(body.error.message, /must be a whole number from/)
  }
})

t.test('filters narrow the list, its count and its pages; unknown parameters do nothing', async (t) => {
  const { get, idsOf } = await serve(t)
  t.same(await idsOf('/v1/models?supported_parameters=tools'),
    ['gpt-4o', 'accounts/fireworks/models/x', 'auto', 'autocheapest', 'autobest'])
  t.same(await idsOf('/v1/models?input_modalities=image&supported_parameters=tools,max_tokens&category=x'),
    ['gpt-4o', 'auto', 'autocheapest', 'autobest'])
  t.same(await idsOf('/v1/models?output_modalities=embeddings'), ['embed'])
  t.same(await idsOf('/v1/models?output_modalities=all'), ALL)
  t.same(await idsOf('/v1/models?sort=newest&use_rss=false&later=x&q=a&q=auto'), ['auto', 'autocheapest', 'autobest'],
    'the last of several values counts')
  t.same((await get('/v1/models?limit=1&supported_parameters=tools')).body.links.next,
    '/v1/models?limit=1&supported_parameters=tools&offset=1')
})

t.test('the count is the length of the list', async (t) => {
  const { get } = await serve(t)
  t.same((await get('/v1/models/count')).body, { data: { count: ALL.length } })
  t.same((await get('/api/v1/models/count?output_modalities=embeddings')).body, { data: { count: 1 } })
})

t.test('a new catalog is listed at once', async (t) => {
  const { idsOf, swap } = await serve(t)
  t.same((await idsOf('/v1/models')).slice(0, 5), OWN)
  swap('models:\n  fresh: { backends: [{ provider: a, model_id: x }] }\n')
  t.same(await idsOf('/v1/models'), ['fresh', 'auto', 'autocheapest', 'autobest'])
})

t.test('the list is built once for a catalog, not for a request', async (t) => {
  const { catalog } = readCatalog('models:\n  one: { backends: [{ provider: a, model_id: x }] }\n', 'm', 0)
  t.equal(modelListOf(catalog), modelListOf(catalog))
})
