// OpenAI's own client for Node against the broker and real providers: what a program sees that changed one address.

import { join } from 'node:path'
import t from 'tap'
import Database from 'better-sqlite3'
import OpenAI, { toFile } from 'openai'
import { gateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { clientOf, MESSAGES } from './openai-client.ts'
import {
  answerJson, chatJson, chatSse, embeddingsJson, headersThenSilence, never, provider, recorded, resetConnection,
  sequence, slowEventsUntil, speechBytes, status, toolCalls, transcriptionJson, type Answer
} from '../upstreams.ts'

const USAGE = {
  prompt_tokens: 1000,
  completion_tokens: 300,
  total_tokens: 1300,
  prompt_tokens_details: { cached_tokens: 600, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 100 }
}
/** 400 fresh at 2.5, 600 cached at 1.25, 300 out (reasoning inside) at 10 USD per million. */
const PRICED = { yaml: 'input_cost: 2.5\n        output_cost: 10\n        cached_input_cost: 1.25' }
const COST = 400 * 2.5e-6 + 600 * 1.25e-6 + 300 * 1e-5
const COST_TEXT = '0.004750000'

interface Told {
  readonly x_aibroker?: Record<string, unknown>
  readonly _request_id?: string
}

async function collect<T> (stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

t.test('a chat is answered with the text, the exact cost, what the broker adds, and a request id', async (t) => {
  const { client, broker } = await clientOf(t, { answers: [chatJson({ usage: USAGE })], backend: PRICED })
  const asked = client.chat.completions.create({ model: 'm', messages: MESSAGES })
  const { data, response, request_id: requestId } = await asked.withResponse()
  t.equal(data.choices[0]?.message.content, 'Hello')
  t.equal(data.model, 'm-upstream')
  t.match((data as Told).x_aibroker, {
    provider: 'test0',
    model_id: 'm-upstream',
    requested_model: 'm',
    cost_usd: COST_TEXT,
    cost_grade: 'reported',
    input_tokens: 1000,
    output_tokens: 300,
    attempts: 1
  })
  t.equal((data.usage as unknown as { cost: number }).cost, Number(COST.toFixed(9)))
  t.equal(response.headers.get('x-aibroker-cost-usd'), COST_TEXT)
  t.match(requestId, /^gen-\d+-\w{20}$/)
  t.equal((data as Told)._request_id, requestId)
  t.equal(requestId, response.headers.get('x-generation-id'))
  t.match(await billed(broker.url), { requests: 1, cost_usd: COST_TEXT, cost_nano_usd: 4750000, total_tokens: 1300 })
  t.same(rowsOf(broker.home), [ROW])
})

/** The attempts as the database has them. */
function rowsOf (home: string): unknown[] {
  const database = new Database(join(home, 'aibroker.db'), { readonly: true })
  try {
    return database.prepare('SELECT input, cache_read, output, reasoning, cost_nano_usd FROM attempts').all()
  } finally {
    database.close()
  }
}

const ROW = { input: 400, cache_read: 600, output: 200, reasoning: 100, cost_nano_usd: 4750000 }

async function billed (url: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/billing/usage`)
  return (await response.json() as { totals: Record<string, unknown> }).totals
}

t.test('the provider\'s own request id is the one the client reads', async (t) => {
  const { client } = await clientOf(t, { answers: [chatJson({ headers: { 'x-request-id': 'req_123' } })] })
  t.equal((await client.chat.completions.create({ model: 'm', messages: MESSAGES }))._request_id, 'req_123')
})

t.test('a stream that does not ask for usage shows none, and is billed to the nano-dollar all the same', async (t) => {
  const { client, broker, upstream } = await clientOf(t, { answers: [recordedWithNulls()], backend: PRICED })
  const { data, response } = await client.chat.completions.create({ model: 'm', messages: MESSAGES, stream: true }).withResponse()
  const chunks = await collect(data)
  t.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), 'Hello')
  t.ok(chunks.every((chunk) => chunk.choices.length === 1), 'choices[0] is always there')
  t.ok(chunks.every((chunk) => !('usage' in chunk)), 'no usage, not even null')
  t.ok(response.headers.get('x-request-id'))
  t.match(upstream.requests[0]?.json(), { stream_options: { include_usage: true } })
  t.match(await billed(broker.url), { requests: 1, cost_usd: COST_TEXT, cost_nano_usd: 4750000 })
  t.same(rowsOf(broker.home), [ROW])
})

t.test('a stream that asks for usage gets it once, with cost and x_aibroker', async (t) => {
  const { client } = await clientOf(t, { answers: [recordedWithNulls()], backend: PRICED })
  const stream = await client.chat.completions.create(
    { model: 'm', messages: MESSAGES, stream: true, stream_options: { include_usage: true } })
  const chunks = await collect(stream)
  const told = chunks.filter((chunk) => chunk.usage)
  t.equal(told.length, 1)
  t.equal(told[0], chunks.at(-1))
  t.match(told[0], { choices: [], usage: { ...USAGE, cost: COST }, x_aibroker: { cost_usd: COST_TEXT, provider: 'test0' } })
})

/** As OpenAI streams when usage is asked for: `usage: null` until the last chunk. */
function recordedWithNulls (): Answer {
  const chunk = (more: object) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'x', ...more })}\n\n`
  const piece = (content: string, finish: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: { content }, finish_reason: finish }], usage: null })
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end([piece('Hel'), piece('lo'), piece('', 'stop'), chunk({ choices: [], usage: USAGE }), 'data: [DONE]\n\n'].join(''))
  }
}

t.test('the stream helper puts two interleaved tool calls together', async (t) => {
  const { client } = await clientOf(t, { answers: [recorded(toolCalls)], modelYaml: 'capabilities: [tool_calling]' })
  const final = await client.chat.completions.stream({ model: 'm', messages: MESSAGES, tools: [WEATHER] }).finalChatCompletion()
  t.match(final.choices[0]?.message.tool_calls, [
    { id: 'call_1', function: { name: 'weather', arguments: '{"city":"Zürich"}' } },
    { id: 'call_2', function: { name: 'time', arguments: '{"zone":"Europe/Zurich"}' } }
  ])
})

const WEATHER = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
}

t.test('runTools calls the function, sends what it gave, and ends with the text', async (t) => {
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } }
  const asks = answerJson({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'x',
    choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
    usage: USAGE
  })
  const { client, upstream } = await clientOf(t,
    { answers: [sequence(asks, chatJson({ content: 'Sunny' }))], modelYaml: 'capabilities: [tool_calling]' })
  const runner = client.chat.completions.runTools({
    model: 'm',
    messages: MESSAGES,
    tools: [{
      type: 'function',
      function: { ...WEATHER.function, description: '', function: ({ city }: { city: string }) => `sun in ${city}`, parse: JSON.parse }
    }]
  })
  t.equal(await runner.finalContent(), 'Sunny')
  t.match(upstream.requests[1]?.json()['messages'], [{}, { tool_calls: [call] }, { role: 'tool', content: 'sun in Zürich' }])
})

t.test('embeddings arrive as numbers, whether the client asks for base64 by itself or for floats', async (t) => {
  const { client, upstream } = await clientOf(t, { answers: [embeddingsJson()], modelYaml: 'capabilities: [embeddings]' })
  const byDefault = await client.embeddings.create({ model: 'm', input: 'x' })
  t.equal(upstream.requests[0]?.json()['encoding_format'], 'base64')
  t.same(byDefault.data[0]?.embedding, [0.5, -0.25])
  const floats = await client.embeddings.create({ model: 'm', input: 'x', encoding_format: 'float' })
  t.same(floats.data[0]?.embedding, [0.5, -0.25])
  t.match((floats as Told).x_aibroker, { cost_usd: '0.000004000' })
})

t.test('speech comes as bytes, a transcript as text, with the file untouched', async (t) => {
  const audio = Buffer.from('ff00fe0d0a2d2d01', 'hex')
  const { client, upstream } = await clientOf(t,
    { answers: [sequence(speechBytes(audio), transcriptionJson({ text: 'Good day' }))], modelYaml: 'capabilities: [tts, stt]' })
  const speech = await client.audio.speech.create({ model: 'm', voice: 'alloy', input: 'Hi' })
  t.same(Buffer.from(await speech.arrayBuffer()), audio)
  const { text } = await client.audio.transcriptions.create({ model: 'm', file: await toFile(audio, 'a.wav') })
  t.equal(text, 'Good day')
  t.ok(upstream.requests[1]?.bytes.includes(audio))
  t.match(upstream.requests[1]?.body, /name="model"\r\n\r\nm-upstream\r\n/)
})

t.test('moderations, images and legacy completions work', async (t) => {
  const { client } = await clientOf(t, {
    answers: [sequence(
      answerJson({ id: 'modr-1', model: 'x', results: [{ flagged: true, categories: {}, category_scores: {} }] }),
      answerJson({ created: 1, data: [{ b64_json: 'AA==' }] }),
      answerJson({ id: 'c', object: 'text_completion', created: 1, model: 'x', choices: [{ index: 0, text: 'lo', finish_reason: 'stop', logprobs: null }] }))],
    modelYaml: 'capabilities: [moderation, images, completions]'
  })
  t.equal((await client.moderations.create({ model: 'm', input: 'x' })).results[0]?.flagged, true)
  t.equal((await client.images.generate({ model: 'm', prompt: 'x' })).data?.[0]?.b64_json, 'AA==')
  t.equal((await client.completions.create({ model: 'm', prompt: 'Hel' })).choices[0]?.text, 'lo')
})

t.test('models are listed and found by ids with slashes, at both bases', async (t) => {
  for (const base of ['/v1', '/api/v1']) {
    const { url } = await provider(t, chatJson())
    const broker = await gateway(t, { models: { 'lab/model-1': [{ url }], plain: [{ url }] } })
    const client = new OpenAI({ apiKey: 'any', baseURL: broker.origin + base })
    const ids = (await collect(client.models.list())).map(({ id }) => id)
    t.ok(ids.includes('lab/model-1') && ids.includes('plain'), ids.join())
    t.match(await client.models.retrieve('lab/model-1'), { id: 'lab/model-1', object: 'model' })
    const answer = await client.chat.completions.create({ model: 'lab/model-1', messages: MESSAGES })
    t.equal(answer.choices[0]?.message.content, 'Hello', base)
  }
})

t.test('a 429 says when to come back, and the client\'s second try is answered', async (t) => {
  const { client, upstream } = await clientOf(t, {
    answers: [sequence(status(429, undefined, { 'retry-after-ms': '20' }), chatJson())], maxRetries: 1
  })
  // A provider's 20 ms are rounded up to the second for which its credential rests.
  const { data, response } = await client.chat.completions.create({ model: 'm', messages: MESSAGES }).withResponse()
  t.equal(data.choices[0]?.message.content, 'Hello')
  t.equal(response.status, 200)
  t.equal(upstream.requests.length, 2)
})

t.test('backends that fail before the first byte are invisible, streamed or not', async (t) => {
  for (const fault of [resetConnection(), status(500), status(503, '<html>'), status(200, 'no JSON', { 'content-type': 'application/json' })]) {
    const { client, upstreams } = await clientOf(t, { answers: [fault, chatJson()], clock: leapingClock('hasty') })
    const { data, response } = await client.chat.completions.create({ model: 'm', messages: MESSAGES }).withResponse()
    t.equal(data.choices[0]?.message.content, 'Hello')
    t.equal(response.headers.get('x-aibroker-attempts'), '3')
    t.same(upstreams.map(({ requests }) => requests.length), [2, 1])
  }
  const { client } = await clientOf(t, { answers: [status(502), chatSse()], clock: leapingClock('hasty') })
  t.equal(await client.chat.completions.stream({ model: 'm', messages: MESSAGES }).finalContent(), 'Hello')
})

const PROMPT_MS = 250

for (const [when, answer] of [['before headers', never()], ['before the first event', headersThenSilence()],
  ['in the middle', slowEventsUntil(new Promise(() => {}))]] as const) {
  t.test(`an abort ${when} reaches the provider within ${PROMPT_MS} ms`, async (t) => {
    const { client, upstream } = await clientOf(t, { answers: [answer] })
    const controller = new AbortController()
    const asked = client.chat.completions.create({ model: 'm', messages: MESSAGES, stream: true }, { signal: controller.signal })
    if (when === 'in the middle') await (await asked)[Symbol.asyncIterator]().next()
    else await upstream.received()
    const abortedAt = performance.now()
    controller.abort()
    if (when !== 'in the middle') t.ok(await asked.catch((error: unknown) => error) instanceof OpenAI.APIUserAbortError)
    await upstream.closed()
    t.ok(performance.now() - abortedAt < PROMPT_MS, `${performance.now() - abortedAt} ms`)
  })
}
