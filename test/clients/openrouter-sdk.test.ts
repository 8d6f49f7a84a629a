// OpenRouter's own SDK against the broker, with providers that send what it does not bear.

import { OpenRouter } from '@openrouter/sdk'
import type { ChatResult, ChatStreamChunk } from '@openrouter/sdk/models'
import t, { type Test } from 'tap'
import { status, type Answer } from '../upstreams.ts'
import { answered, chunks, DONE, piece, scene, USAGE, WELL } from '../openrouter/scene.ts'

const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]
const NULLS = { tool_calls: null, refusal: null, reasoning_details: null, images: null, audio: null }

/** Nothing is tried twice: what fails, fails at once. */
async function clientOf (t: Test, answer: Answer, options: Parameters<typeof scene>[2] = {}) {
  const { broker } = await scene(t, answer, options)
  return new OpenRouter({ apiKey: 'any', serverURL: `${broker.origin}/api/v1`, retryConfig: { strategy: 'none' } })
}

/** What comes back follows from `stream`, which the SDK's types lose behind a spread. */
async function send (client: OpenRouter, more: object = {}): Promise<ChatResult> {
  return await client.chat.send({ chatRequest: { model: 'm', messages: MESSAGES, stream: false, ...more } }) as ChatResult
}

t.test('17 (SDK): an answer full of nulls and holes is parsed', async (t) => {
  const client = await clientOf(t, answered(NULLS, { index: undefined as never }, { created: 1.5 }))
  const { choices, usage } = await send(client)
  t.match(choices[0], { finishReason: 'stop', message: { content: 'Hello' } })
  t.match(usage, { promptTokens: 9, cost: 0.000015 })
})

t.test('18 (SDK): an answer without usage, or with one that says nothing, is parsed', async (t) => {
  for (const usage of [undefined, null, { prompt_tokens: null }]) {
    const client = await clientOf(t, answered({}, {}, { usage: usage as never }))
    t.equal((await send(client)).choices[0]?.message.content, 'Hello')
  }
})

async function collect (client: OpenRouter, more: object = {}) {
  const chunks: ChatStreamChunk[] = []
  const stream = await client.chat.send({ chatRequest: { model: 'm', messages: MESSAGES, stream: true, ...more } })
  for await (const chunk of stream as AsyncIterable<ChatStreamChunk>) chunks.push(chunk)
  return chunks
}

t.test('36, 53 (SDK): a stream full of nulls is parsed, and tells its usage unasked', async (t) => {
  const nulls = { usage: null, system_fingerprint: null }
  const delta = { ...NULLS, role: null }
  const client = await clientOf(t, chunks(
    piece({ ...delta, content: 'Hel' }, null, nulls), piece({ ...delta, content: 'lo' }, null, nulls),
    piece({}, 'end_turn', { usage: { ...USAGE, completion_tokens_details: null } }), DONE))
  const got = await collect(client)
  t.equal(got.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), 'Hello')
  t.match(got.at(-1)?.usage, { totalTokens: 12, cost: 0.000015 })
  t.equal(got.at(-2)?.choices[0]?.finishReason, 'stop')
})

t.test('44 (SDK): foreign reasoning is read as reasoning', async (t) => {
  const client = await clientOf(t, chunks(piece({ reasoning_content: 'Hm' }), piece({ content: 'a' }), piece({}, 'stop'), DONE))
  const got = await collect(client)
  t.equal(got.map(({ choices }) => choices[0]?.delta.reasoning ?? '').join(''), 'Hm')
})

t.test('51 (SDK): an error in a stream is a chunk it can read', async (t) => {
  const client = await clientOf(t, chunks(piece({ content: 'a' }), 'data: {"error":{"message":"went away","code":"x"}}\n\n'))
  const seen: unknown[] = []
  const stream = await client.chat.send({ chatRequest: { model: 'm', messages: MESSAGES, stream: true as const } })
  try {
    for await (const chunk of stream as AsyncIterable<ChatStreamChunk>) if (chunk.error) seen.push(chunk.error)
  } catch (error) {
    t.notMatch((error as Error).name, /Validation/)
  }
  t.match(seen, [{ code: 502, message: /went away/, metadata: { errorType: 'provider_unavailable' } }])
})

const TYPED = [
  [400, 'BadRequestResponseError'], [402, 'PaymentRequiredResponseError'], [403, 'ForbiddenResponseError'],
  [404, 'NotFoundResponseError'], [413, 'PayloadTooLargeResponseError'], [422, 'UnprocessableEntityResponseError'],
  [429, 'TooManyRequestsResponseError']
] as const

t.test('134 (SDK): each refusal is an error of its own class, with the provider\'s words', async (t) => {
  for (const [code, name] of TYPED) {
    const client = await clientOf(t, status(code))
    const error = await send(client).then(() => undefined, (error: Error) => error)
    t.equal(error?.name, name)
    if (code !== 429) t.match(error?.message, `made up for a test: ${code}`)
  }
  const failing = await clientOf(t, status(500))
  const error = await send(failing).then(() => undefined, (error: Error) => error)
  t.match(error, { name: 'BadGatewayResponseError', message: /made up for a test: 500/ })
})

t.test('134 (SDK): a request out of time is an error of its own class, and is not tried again', async (t) => {
  const { broker, upstream } = await scene(t, status(500))
  const client = new OpenRouter({ apiKey: 'any', serverURL: `${broker.origin}/api/v1` })
  const headers = { 'x-aibroker-timeout-total': '1ms' }
  const request = { chatRequest: { model: 'm', messages: MESSAGES, stream: false as const } }
  const error = await client.chat.send(request, { headers }).then(() => undefined, (error: Error) => error)
  t.match(error, { name: 'RequestTimeoutResponseError', message: /within 0.001 s, the time for the whole request/ })
  t.equal(upstream.requests.length, 1)
})

t.test('127 (SDK): the metadata of the routing is parsed', async (t) => {
  const { broker } = await scene(t, [status(500), WELL])
  const client = new OpenRouter({ apiKey: 'any', serverURL: `${broker.origin}/api/v1`, retryConfig: { strategy: 'none' } })
  const stream = await client.chat.send(
    { chatRequest: { model: 'm', messages: MESSAGES, stream: true as const }, xOpenRouterMetadata: 'enabled' })
  const got: ChatStreamChunk[] = []
  for await (const chunk of stream as AsyncIterable<ChatStreamChunk>) got.push(chunk)
  t.match(got.at(-1)?.openrouterMetadata, { requested: 'm', strategy: 'fallback', attempts: [{ status: 500 }, {}, { status: 200 }] })
})

t.test('73 (SDK): the list of models is parsed', async (t) => {
  const client = await clientOf(t, answered())
  t.ok(await client.models.list())
})
