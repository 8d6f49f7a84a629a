// GET /generation?id= over a whole gateway: the row of an answer, settled, before the answer has ended.

import t, { type Test } from 'tap'
import { gateway, post, type GatewayOptions } from '../helper.ts'
import { chatJson, chatSse, embeddingsJson, provider, sseEvents, status, type Answer } from '../upstreams.ts'

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const MEMBERS = [
  'id', 'upstream_id', 'total_cost', 'usage', 'cache_discount', 'upstream_inference_cost', 'created_at', 'model',
  'app_id', 'streamed', 'cancelled', 'provider_name', 'latency', 'moderation_latency', 'generation_time',
  'finish_reason', 'native_finish_reason', 'tokens_prompt', 'tokens_completion', 'native_tokens_prompt',
  'native_tokens_completion', 'native_tokens_reasoning', 'native_tokens_cached', 'native_tokens_completion_images',
  'num_media_prompt', 'num_media_completion', 'num_input_audio_prompt', 'num_search_results', 'num_fetches',
  'web_search_engine', 'origin', 'http_referer', 'user_agent', 'external_user', 'is_byok', 'api_type', 'router',
  'provider_responses', 'service_tier', 'preset_id', 'workspace_id', 'data_region'
]

async function broker (t: Test, answers: readonly Answer[], options: GatewayOptions & { yaml?: string } = {}) {
  const { yaml, ...rest } = options
  const upstreams = await Promise.all(answers.map((answer) => provider(t, answer)))
  const served = await gateway(t, {
    models: { m: upstreams.map(({ url }) => ({ url, ...yaml !== undefined && { yaml } })) }, ...rest
  })
  const generation = async (id: string | null, headers: Record<string, string> = {}, base = '/v1') => {
    const response = await fetch(`${served.origin}${base}/generation?id=${encodeURIComponent(id ?? '')}`, { headers })
    return { status: response.status, headers: response.headers, body: await response.json() as any }
  }
  return { ...served, generation }
}

/** Of a plain chat: the generation of its answer. */
async function asked (t: Test, answers: readonly Answer[], options: GatewayOptions & { yaml?: string } = {}) {
  const { url, generation } = await broker(t, answers, options)
  const answer = await post(`${url}/chat/completions`, ASK)
  return { answer, ...await generation(answer.headers.get('x-generation-id')) }
}

t.test('P2 the row of a stream is settled when [DONE] arrives: asked at that moment it is whole', async (t) => {
  const { url, generation } = await broker(t, [chatSse()])
  for (let round = 0; round < 20; round++) {
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...ASK, stream: true })
    })
    const id = response.headers.get('x-generation-id')
    let told: any
    for await (const { data } of sseEvents(response)) {
      if (data !== '[DONE]') {
        told = JSON.parse(data).usage ?? told
        continue
      }
      const { status, body } = await generation(id, {}, '/api/v1')
      t.equal(status, 200)
      t.match(body.data, {
        id, streamed: true, cancelled: false, finish_reason: 'stop', x_aibroker: { status: 200, cost_grade: 'reported' }
      })
      t.equal(body.data.total_cost, 0.000015)
      t.ok(typeof body.data.generation_time === 'number' && typeof body.data.latency === 'number')
    }
  }
})

t.test('89: asked when [DONE] arrives, a generation has every member, and the cost that the stream told', async (t) => {
  const { url, generation } = await broker(t, [chatSse()])
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ASK, stream: true, stream_options: { include_usage: true } })
  })
  let cost: unknown
  for await (const { data } of sseEvents(response)) {
    if (data !== '[DONE]') {
      cost = JSON.parse(data).usage?.cost ?? cost
      continue
    }
    const { status, body } = await generation(response.headers.get('x-generation-id'))
    t.equal(status, 200)
    t.same(MEMBERS.filter((name) => !(name in body.data)), [])
    t.equal(cost, 0.000015)
    t.equal(body.data.total_cost, cost)
    t.equal(body.data.usage, cost)
  }
  t.equal(cost, 0.000015, 'the stream had its end')
})

t.test('a plain answer: every member is there, and what the ledger does not keep is null', async (t) => {
  const { answer, status, headers, body: { data } } = await asked(t, [chatJson()])
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.same(MEMBERS.filter((name) => !(name in data)), [])
  t.match(data, {
    id: answer.headers.get('x-generation-id'),
    upstream_id: String,
    model: 'm',
    streamed: false,
    cancelled: false,
    provider_name: 'test0',
    api_type: 'completions',
    tokens_prompt: 9,
    tokens_completion: 3,
    native_tokens_prompt: 9,
    native_tokens_completion: 3,
    native_tokens_cached: null,
    cache_discount: null,
    finish_reason: 'stop',
    native_finish_reason: 'stop',
    is_byok: false,
    data_region: 'global',
    provider_responses: [{ status: 200, provider_name: 'test0', endpoint_id: 'test0:m-upstream' }]
  })
  t.match(data.created_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

t.test('the calls that failed before are in provider_responses, in order', async (t) => {
  const { body: { data } } = await asked(t, [status(500), chatJson()])
  t.match(data, { provider_name: 'test1', total_cost: 0.000015, x_aibroker: { attempts: data.provider_responses.length } })
  const statuses = data.provider_responses.map((response: { status: number }) => response.status)
  t.equal(statuses[0], 500)
  t.equal(statuses[statuses.length - 1], 200)
})

t.test('a request that failed is a generation with the finish reason error, at the cost of nothing', async (t) => {
  const { answer, body: { data } } = await asked(t, [status(400)])
  t.equal(answer.status, 400)
  t.match(data, { finish_reason: 'error', cancelled: false, total_cost: 0, tokens_prompt: null, x_aibroker: { status: 400 } })
})

t.test('P5 a cost nobody knows is null, not zero', async (t) => {
  const { body: { data } } = await asked(t, [chatJson()], { yaml: '' })
  t.match(data, { total_cost: null, usage: null, tokens_prompt: 9, x_aibroker: { cost_usd: null, cost_grade: 'unpriced' } })
})

const CACHED = 'input_cost: 1\n        output_cost: 2\n        cached_input_cost: 0.1\n        cache_write_cost: 1.25'
const DISCOUNTS = [
  ['reading the cache', { cached_tokens: 100 }, 0.00009],
  ['writing it', { cache_write_tokens: 100 }, -0.000025]
] as const

for (const [what, details, discount] of DISCOUNTS) {
  t.test(`the cache discount of ${what}`, async (t) => {
    const usage = { prompt_tokens: 110, completion_tokens: 3, total_tokens: 113, prompt_tokens_details: details }
    const { body: { data } } = await asked(t, [chatJson({ usage })], { yaml: CACHED })
    t.equal(data.cache_discount, discount)
    t.equal(data.native_tokens_prompt, 110)
    t.equal(data.native_tokens_cached, 'cached_tokens' in details ? 100 : null)
  })
}

t.test('where a tier was applied the discount is not known', async (t) => {
  const details = { prompt_tokens_details: { cached_tokens: 100 } }
  const usage = { prompt_tokens: 110, completion_tokens: 3, total_tokens: 113, ...details }
  const yaml = `${CACHED}\n        tiers: [{ above_input: 50, input_cost: 2 }]`
  const { body: { data } } = await asked(t, [chatJson({ usage })], { yaml })
  t.equal(data.cache_discount, null)
})

t.test('a client that left: cancelled, with what was used so far', async (t) => {
  let release = () => {}
  const held = new Promise<void>((resolve) => { release = resolve })
  const { url, generation, gateway: { ledger } } = await broker(t, [
    chatSse({ gapBetween: (sent) => sent >= 3 ? held : undefined })
  ])
  const leaving = new AbortController()
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ASK, stream: true }),
    signal: leaving.signal
  })
  const id = response.headers.get('x-generation-id')
  t.equal((await generation(id)).status, 404, 'it still runs')
  leaving.abort()
  let answer = await generation(id)
  while (answer.status === 404) {
    await ledger.flush()
    answer = await generation(id)
  }
  t.match(answer.body.data, { id, cancelled: true, streamed: true, x_aibroker: { status: 499 } })
  release()
})

t.test('embeddings are a generation, too', async (t) => {
  const { url, generation } = await broker(t, [embeddingsJson()], { modelYaml: 'capabilities: [embeddings]' })
  const answer = await post(`${url}/embeddings`, { model: 'm', input: 'hi' })
  const { body: { data } } = await generation(answer.headers.get('x-generation-id'))
  t.match(data, { api_type: 'embeddings', streamed: false, tokens_prompt: Number })
})

t.test('a key sees its own generations: another\'s, forged ids and nonsense are the same 404', async (t) => {
  const { url, generation, gateway: { keys } } = await broker(t, [chatJson()])
  const [own, other] = [keys.create({ name: 'own' }), keys.create({ name: 'other' })]
  const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` })
  const answer = await post(`${url}/chat/completions`, ASK, bearer(own))
  const id = answer.headers.get('x-generation-id') ?? ''
  t.equal((await generation(id, bearer(own))).status, 200)
  const forged = `${id.slice(0, -1)}${id.endsWith('x') ? 'y' : 'x'}`
  for (const [asked, key] of [[id, other], [forged, own], ['gen-1-0000000aaaaaaaaaaaaa', own], ['nonsense', own]] as const) {
    const { status, body } = await generation(asked, bearer(key))
    t.equal(status, 404)
    t.equal(body.error.code, 404)
    t.equal(body.error.message, `No exchange ${asked} in the ledger.`)
  }
  t.equal((await generation(id)).status, 401)
  t.equal((await generation('', bearer(own))).status, 400)
})
