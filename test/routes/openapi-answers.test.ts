// What the document says of answers is what is sent: real ones of every route, whole, streamed and refused.

import t, { type Test } from 'tap'
import type { OpenapiDocument } from '../../src/openapi/document-shape.ts'
import { gateway, type GatewayOptions, type TestGateway } from '../helper.ts'
import {
  answerJson, chatJson, chatSse, cutAfterBytes, embeddingsJson, errorInStream, provider, readSse, recorded, SHAPES,
  speechBytes, status, toolCalls, transcriptionJson, type Answer
} from '../upstreams.ts'
import { CHAT, methodOf, recordingForm, sent, taskModels, type Asked } from '../openapi/asked.ts'
import { checkDocument, type DocumentCheck } from './document.ts'

interface Checked extends TestGateway {
  readonly check: DocumentCheck
}

async function checked (t: Test, options: GatewayOptions): Promise<Checked> {
  const broker = await gateway(t, options)
  const document = await (await fetch(`${broker.origin}/openapi.json`)).json() as OpenapiDocument
  return { ...broker, check: checkDocument(document) }
}

/** Asks, expects the status and an answer as the document tells it, and gives it back. */
async function holds (t: Test, { origin, check }: Checked, expected: number, asked: Asked) {
  const { path, url = path } = asked
  const method = methodOf(asked)
  const response = await fetch(`${origin}${url}`, { method, ...sent(asked) })
  const contentType = response.headers.get('content-type') ?? ''
  const text = await response.text()
  const value = contentType.includes('json') ? JSON.parse(text) : text
  const name = `${method} ${url} ${expected}`
  t.equal(response.status, expected, name)
  t.same(check.problems(method.toLowerCase(), path, { status: response.status, contentType, body: value }), [], name)
  return { headers: response.headers, value }
}

const chat = (body: object, headers?: Record<string, string>): Asked =>
  ({ path: '/v1/chat/completions', body: { ...CHAT, model: 'm', ...body }, ...headers && { headers } })

async function served (t: Test, answer: Answer, options: GatewayOptions = {}): Promise<Checked> {
  const { url } = await provider(t, answer)
  return checked(t, { models: { m: [{ url }] }, ...options })
}

t.test('models', async (t) => {
  const broker = await checked(t, {})
  await holds(t, broker, 200, { path: '/v1/models' })
  await holds(t, broker, 200, { path: '/v1/models', url: '/v1/models?limit=2&sort=newest&q=gpt' })
  await holds(t, broker, 400, { path: '/v1/models', url: '/v1/models?limit=none' })
  await holds(t, broker, 200, { path: '/v1/models/user' })
  await holds(t, broker, 200, { path: '/v1/embeddings/models' })
  await holds(t, broker, 200, { path: '/v1/models/count' })
  await holds(t, broker, 200, { path: '/v1/models/{id}', url: '/v1/models/openai/gpt-4o' })
  await holds(t, broker, 200, { path: '/v1/models/{id}', url: '/v1/models/openai/gpt-4o/endpoints' })
  await holds(t, broker, 404, { path: '/v1/models/{id}', url: '/v1/models/nobody' })
  await holds(t, broker, 200, { path: '/v1/model/{id}', url: '/v1/model/gpt-4o' })
  await holds(t, broker, 200, { path: '/v1/endpoints/zdr' })
  await holds(t, broker, 200, { path: '/v1/providers' })
  await holds(t, broker, 200, { path: '/v1/parameters/{id}', url: '/v1/parameters/gpt-4o' })
})

t.test('health and metrics', async (t) => {
  const broker = await served(t, status(500))
  await holds(t, broker, 502, chat({}))
  await holds(t, broker, 200, { path: '/health' })
  await holds(t, broker, 200, { path: '/healthz' })
  await holds(t, broker, 200, { path: '/health/liveness' })
  await holds(t, broker, 200, { path: '/health/liveliness' })
  await holds(t, broker, 200, { path: '/health/readiness' })
  await holds(t, broker, 200, { path: '/metrics' })
  const { value } = await holds(t, broker, 200, { path: '/health/backends' })
  t.equal(value.data[0].failures_in_a_row > 0, true, 'a backend that failed is among them')
  await holds(t, broker, 200, { path: '/openapi.json' })
  await holds(t, broker, 200, { path: '/docs' })
})

t.test('a chat, and everything that tells of it afterwards', async (t) => {
  const broker = await served(t, chatJson())
  const { headers } = await holds(t, broker, 200, chat({}))
  const id = headers.get('x-generation-id') ?? ''
  await holds(t, broker, 200, { path: '/v1/generation', url: `/v1/generation?id=${id}` })
  await holds(t, broker, 404, { path: '/v1/generation', url: '/v1/generation?id=gen-1' })
  await holds(t, broker, 400, { path: '/v1/generation' })
  await holds(t, broker, 404, { path: '/v1/generation/content', url: `/v1/generation/content?id=${id}` })
  const feedback = { generation_id: id, category: 'incoherence', comment: 'What?' }
  await holds(t, broker, 200, { path: '/v1/generation/feedback', body: feedback })
  await holds(t, broker, 200, { path: '/v1/activity' })
  await holds(t, broker, 400, { path: '/v1/activity', url: '/v1/activity?date=1999-01-01' })
  await holds(t, broker, 200, { path: '/v1/exchanges/{id}/explain', url: `/v1/exchanges/${id}/explain` })
  await holds(t, broker, 404, { path: '/v1/exchanges/{id}/explain', url: '/v1/exchanges/gen-1/explain' })
  for (const by of ['ip', 'key', 'model', 'provider', 'day']) {
    await holds(t, broker, 200, { path: '/v1/billing/usage', url: `/v1/billing/usage?by=${by}&since=1d&until=2099-01-01` })
  }
  await holds(t, broker, 400, { path: '/v1/billing/usage', url: '/v1/billing/usage?by=mood' })
  await holds(t, broker, 200, { path: '/v1/billing/usage', headers: { accept: 'text/csv' } })
  await holds(t, broker, 200, { path: '/v1/billing/usage.csv' })
  await holds(t, broker, 200, { path: '/v1/billing/usage/{ip}', url: '/v1/billing/usage/127.0.0.1' })
})

t.test('JSON-RPC', async (t) => {
  const broker = await checked(t, {})
  const message = { jsonrpc: '2.0', id: 1, method: 'info' }
  for (const body of [message, [message, 1], { ...message, method: 'nobody' }, '{']) {
    await holds(t, broker, 200, { path: '/rpc', body })
  }
  await holds(t, broker, 200, { path: '/openrpc.json' })
})

t.test('codes for apps', async (t) => {
  const broker = await checked(t, {})
  const { value } = await holds(t, broker, 200, { path: '/v1/auth/keys/code', body: { callback_url: 'https://app.example/' } })
  await holds(t, broker, 400, { path: '/v1/auth/keys/code', body: {} })
  await holds(t, broker, 200, { path: '/v1/auth/keys', body: { code: value.data.id } })
  await holds(t, broker, 403, { path: '/v1/auth/keys', body: { code: value.data.id } })
})

t.test('messages', async (t) => {
  const path = '/v1/messages'
  const body = { ...CHAT, model: 'm', max_tokens: 9 }
  const whole = await served(t, chatJson())
  await holds(t, whole, 200, { path, body })
  await holds(t, whole, 200, { path, url: `${path}?dry_run=1`, body })
  await holds(t, whole, 400, { path, body: { ...body, messages: [] } })
  await holds(t, whole, 404, { path, body: { ...body, model: 'm@preset/none' } })
  await holds(t, whole, 200, { path: `${path}/count_tokens`, body })
  await holds(t, whole, 400, { path: `${path}/count_tokens`, body: {} })
  await holds(t, whole, 200, { path: '/v1/presets/{slug}/messages', url: '/v1/presets/short/messages', body })
  await holds(t, whole, 400, { path: '/v1/presets/{slug}/messages', url: '/v1/presets/short/messages', body: { max_tokens: 0 } })
  const { url, check } = await served(t, chatSse())
  const { values } = await readSse(await fetch(`${url}/messages`, { method: 'POST', ...sent({ path, body: { ...body, stream: true } }) }))
  t.ok(values.length > 5)
  for (const value of values) t.same(check.problems('post', path, { status: 200, contentType: 'text/event-stream', body: value }), [])
  await holds(t, await served(t, status(500)), 502, { path, body })
  await holds(t, await served(t, status(429)), 429, { path, body })
})

t.test('quotes', async (t) => {
  const broker = await served(t, chatJson())
  await holds(t, broker, 200, { path: '/v1/explain', body: { ...CHAT, model: 'm' } })
  await holds(t, broker, 200, { ...chat({}), url: '/v1/chat/completions?dry_run=1' })
  await holds(t, broker, 400, { path: '/v1/explain', body: { model: 'm' } })
  await holds(t, broker, 400, { path: '/v1/explain', body: { ...CHAT, model: 'nobody' } })
})

const VERDICT = { flagged: false, categories: { violence: false }, category_scores: { violence: 0.1 } }

t.test('the other tasks', async (t) => {
  const models = ['speech', 'embeddings', 'transcription', 'moderation', 'images', 'completions', 'rerank']
  const answers: Record<string, Answer> = {
    '/v1/audio/speech': speechBytes(),
    '/v1/embeddings': embeddingsJson(),
    '/v1/audio/transcriptions': transcriptionJson(),
    '/v1/moderations': answerJson({ id: 'modr-1', model: 'm', results: [VERDICT] }),
    '/v1/rerank': answerJson({ results: [{ index: 0, relevance_score: 0.5 }], meta: { billed_units: { search_units: 1 } } }),
    '/v1/images/generations': answerJson({ created: 1, data: [{ b64_json: 'AAAA' }] }),
    '/v1/completions': answerJson({
      id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm', choices: [{ index: 0, text: 'x', finish_reason: 'stop' }]
    })
  }
  const { url } = await provider(t, (call) => answers[call.request.path]?.(call))
  const broker = await checked(t, { config: taskModels(url, models) })
  await holds(t, broker, 200, { path: '/v1/audio/speech', body: { model: 'speech', input: 'Hi', voice: 'alloy' } })
  await holds(t, broker, 200, { path: '/v1/embeddings', body: { model: 'embeddings', input: 'Hi' } })
  await holds(t, broker, 200, { path: '/v1/embeddings', body: { model: 'embeddings', input: 'Hi', encoding_format: 'base64' } })
  await holds(t, broker, 200, { path: '/v1/moderations', body: { model: 'moderation', input: 'Hi' } })
  await holds(t, broker, 200, { path: '/v1/images/generations', body: { model: 'images', prompt: 'Hi' } })
  await holds(t, broker, 200, { path: '/v1/rerank', body: { model: 'rerank', query: 'Hi', documents: ['Ho', { text: 'Ha' }] } })
  await holds(t, broker, 400, { path: '/v1/rerank', body: { model: 'rerank', query: 'Hi' } })
  await holds(t, broker, 200, { path: '/v1/completions', body: { model: 'completions', prompt: 'Hi' } })
  await holds(t, broker, 200, { path: '/v1/audio/transcriptions', body: recordingForm() })
  const audio = { data: 'AAAA', format: 'mp3' }
  await holds(t, broker, 200, { path: '/v1/audio/transcriptions', body: { model: 'transcription', input_audio: audio } })
  await holds(t, broker, 400, { path: '/v1/audio/transcriptions', body: { model: 'transcription' } })
})

t.test('streams, chunk by chunk, of every provider, tool calls and failures as well', async (t) => {
  const answers: Record<string, Answer> = {
    tools: recorded(toolCalls),
    failing: errorInStream({ pieces: ['Hel'] }),
    plain: chatSse(),
    cut: cutAfterBytes(260, 'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,' +
      '"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}\n\ndata: {"id":"c"'.padEnd(400, ' '))
  }
  for (const [name, shape] of Object.entries(SHAPES)) answers[name] = recorded(shape)
  for (const [name, answer] of Object.entries(answers)) {
    const broker = await served(t, answer)
    const { url, body } = { ...chat({ stream: true, stream_options: { include_usage: true } }), url: `${broker.url}/chat/completions` }
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const { events } = await readSse(response)
    const chunks = events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data))
    t.ok(chunks.length > 1, name)
    for (const chunk of chunks) {
      const answer = { status: 200, contentType: 'text/event-stream', body: chunk }
      t.same(broker.check.problems('post', '/v1/chat/completions', answer), [], `${name} ${JSON.stringify(chunk)}`)
    }
  }
})

const respond = (body: object): Asked => ({ path: '/v1/responses', body: { model: 'm', input: 'Hi', ...body } })

t.test('responses, whole and event by event', async (t) => {
  const broker = await served(t, chatJson(), { modelYaml: 'capabilities: [tool_calling]' })
  await holds(t, broker, 200, respond({ instructions: 'Brief.', tools: [{ type: 'function', name: 'a' }] }))
  await holds(t, broker, 400, respond({ store: true }))
  await holds(t, await served(t, status(500)), 502, respond({}))
  const answers = { ...SHAPES, toolCalls }
  for (const [name, answer] of [
    ...Object.entries(answers).map(([name, shape]) => [name, recorded(shape)] as const),
    ['failing', errorInStream({ pieces: ['Hel'] })] as const
  ]) {
    const { url, check } = await served(t, answer)
    const response = await fetch(`${url}/responses`, { method: 'POST', ...sent(respond({ stream: true })) })
    const { values } = await readSse(response)
    t.ok(values.length > 2, name)
    for (const value of values) {
      const told = { status: 200, contentType: 'text/event-stream', body: value }
      t.same(check.problems('post', '/v1/responses', told), [], `${name} ${JSON.stringify(value)}`)
    }
  }
})

t.test('refusals of several statuses', async (t) => {
  const broker = await served(t, status(422), { env: { AIBROKER_BODY_LIMIT: '2000' } })
  await holds(t, broker, 422, chat({}))
  await holds(t, broker, 400, { path: '/v1/chat/completions', body: '{' })
  await holds(t, broker, 400, { path: '/v1/chat/completions', body: {} })
  await holds(t, broker, 402, chat({}, { 'x-aibroker-max-cost-usd': '0.000000001' }))
  await holds(t, broker, 403, chat({}, { origin: 'https://elsewhere.example' }))
  await holds(t, broker, 400, chat({ model: 'nobody' }))
  await holds(t, broker, 413, chat({ user: 'x'.repeat(3_000) }))
  await holds(t, broker, 415, chat({}, { 'content-type': 'multipart/form-data; boundary=x' }))
  for (const [upstream, expected] of [[401, 503], [402, 402], [418, 418], [429, 429], [500, 502]] as const) {
    await holds(t, await served(t, status(upstream)), expected, chat({}))
  }
})

t.test('keys: made, seen, changed, deleted, spent; and who may not', async (t) => {
  const broker = await served(t, chatJson(), { env: { AIBROKER_API_KEYS: 'sk-operator' } })
  const headers = { authorization: 'Bearer sk-operator' }
  await holds(t, broker, 401, chat({}))
  await holds(t, broker, 401, { path: '/v1/keys' })
  const body = { name: 'a', limit: 1, limit_reset: 'daily', external: { user: 'u' }, expires_at: '2099-01-01T00:00:00Z' }
  const { value: made } = await holds(t, broker, 201, { path: '/v1/keys', body, headers })
  const own = { authorization: `Bearer ${made.key}` }
  await holds(t, broker, 200, chat({}, own))
  await holds(t, broker, 200, { path: '/v1/key', headers: own })
  await holds(t, broker, 200, { path: '/v1/auth/key', headers: own })
  await holds(t, broker, 200, { path: '/v1/credits', headers: own })
  await holds(t, broker, 403, { path: '/v1/keys', headers: own })
  await holds(t, broker, 403, { path: '/metrics', headers: own })
  await holds(t, broker, 200, { path: '/v1/keys', headers })
  const one = { path: '/v1/keys/{hash}', url: `/v1/keys/${made.data.hash}`, headers }
  await holds(t, broker, 200, one)
  await holds(t, broker, 200, { ...one, method: 'PATCH', body: { limit: null, disabled: true } })
  await holds(t, broker, 400, { ...one, method: 'PATCH', body: { limit: -1 } })
  await holds(t, broker, 200, { ...one, method: 'DELETE' })
  await holds(t, broker, 404, one)
  await holds(t, broker, 200, { path: '/v1/key', headers })
})

t.test('the check finds what is not told', async (t) => {
  const { check } = await checked(t, {})
  const problems = (status: number, contentType: string, body: unknown) =>
    check.problems('get', '/v1/credits', { status, contentType, body }).length
  const right = { data: { total_credits: 1, total_usage: 0, x_aibroker: { unlimited: true, left_usd: null } } }
  t.equal(problems(200, 'application/json; charset=utf-8', right), 0)
  t.equal(problems(200, 'application/json', { ...right, more: 1 }), 1, 'a member more')
  t.equal(problems(200, 'application/json', { data: { ...right.data, total_usage: '0' } }), 1, 'another type')
  t.equal(problems(200, 'application/json', { data: { total_credits: 1, total_usage: 0 } }), 1, 'a member less')
  t.equal(problems(200, 'text/html', right), 1, 'another content type')
  t.equal(problems(418, 'application/json', right), 1, 'another status')
})
