// The test providers themselves: a test that trusts a fault which does not happen proves nothing.

import { once } from 'node:events'
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import {
  chatJson, chatSse, crlf, cutAfterBytes, embeddingsJson, errorInStream, freePort, gzipped, headersThenSilence,
  inPieces, never, provider, rawBytes, rawHead, readSse, recorded, resetConnection, sequence, SHAPES, slowEventsUntil,
  speechBytes, sseEvents, status, streamed, toolCalls, transcriptionJson, type Answer, type TestProvider
} from './upstreams.ts'

const CHAT = { model: 'tiny', messages: [], stream: true, stream_options: { include_usage: true } }

function post ({ url }: TestProvider, body: unknown = CHAT, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, { method: 'POST', body: JSON.stringify(body), ...init })
}

/** A request over node:http, which shows bytes as they come and keeps its socket to itself. */
async function open ({ url }: TestProvider): Promise<{ call: ClientRequest, response: IncomingMessage }> {
  const call = httpRequest(`${url}/chat/completions`, { method: 'POST', agent: false }).end('{}')
  const [response] = await once(call, 'response') as [IncomingMessage]
  return { call, response }
}

t.test('requests are recorded with method, path, headers and body', async (t) => {
  const peer = await provider(t, chatJson())
  await (await fetch(`${peer.url}/a?b=c`, { method: 'POST', headers: { 'x-test': 'yes' }, body: '{"model":"é"}' })).text()

  t.match(peer.url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
  t.match(peer.requests, [{ method: 'POST', path: '/v1/a?b=c', headers: { 'x-test': 'yes' }, body: '{"model":"é"}' }])
  t.same((await peer.received()).json(), { model: 'é' })
  t.equal(peer.connections, 1)
})

t.test('at the end of a test every connection is gone and nobody listens', async (t) => {
  let port = 0
  let left: Promise<unknown> = Promise.resolve()
  await t.test('inside', async (t) => {
    const peer = await provider(t, never())
    port = peer.port
    left = post(peer).catch((error: unknown) => error)
    await peer.received()
  })
  t.type(await left, TypeError)
  await t.rejects(fetch(`http://127.0.0.1:${port}`), { cause: { code: 'ECONNREFUSED' } })
})

t.test('plain answers have the shapes of their endpoints', async (t) => {
  const peer = await provider(t, sequence(
    chatJson({ content: 'Hi', usage: null, extra: { provider: 'x' } }),
    embeddingsJson({ vectors: [[0.5, 0.25]] }),
    transcriptionJson({ text: 'spoken', extra: { language: 'en' } })
  ))
  const chat = await (await post(peer)).json() as object
  const embedding = await (await post(peer, { encoding_format: 'base64' })).json() as { data: [{ embedding: string }] }
  const transcript = await (await post(peer)).json()

  t.match(chat, { model: 'tiny', provider: 'x', choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] })
  t.notOk('usage' in chat)
  t.equal(Buffer.from(embedding.data[0].embedding, 'base64').readFloatLE(4), 0.25)
  t.match(transcript, { text: 'spoken', language: 'en', usage: { type: 'duration' } })
})

t.test('speech and refusals come as bytes, JSON or text, with their headers', async (t) => {
  const peer = await provider(t, sequence(
    speechBytes(Buffer.from('sound'), 'audio/wav'), status(429, undefined, { 'retry-after': '2' }), status(502, '<html>')
  ))
  const speech = await post(peer)
  const limited = await post(peer)
  const broken = await post(peer)

  t.same([speech.headers.get('content-type'), await speech.text()], ['audio/wav', 'sound'])
  t.same([limited.status, limited.headers.get('retry-after')], [429, '2'])
  t.match(await limited.json(), { error: { message: String } })
  t.same([broken.status, await broken.text()], [502, '<html>'])
})

t.test('a sequence gives one answer a request and repeats the last', async (t) => {
  const peer = await provider(t, sequence(status(500), status(503), status(200, 'ok')))
  const codes = []
  for (let call = 0; call < 4; call++) codes.push((await post(peer)).status)
  t.same(codes, [500, 503, 200, 200])
})

t.test('a chat stream tells usage only to those who ask, and the sentinel can be left out', async (t) => {
  const peer = await provider(t, sequence(chatSse(), chatSse(), chatSse({ pieces: ['a', 'b'], done: false })))
  const asked = await readSse(await post(peer))
  const silent = await readSse(await post(peer, { model: 'tiny', stream: true }))
  const unfinished = await readSse(await post(peer))

  t.match(asked, { text: 'Hello', isDone: true, usage: { total_tokens: 12 } })
  t.equal(silent.usage, undefined)
  t.match(unfinished, { text: 'ab', isDone: false, failure: undefined })
})

t.test('a gap hook runs between two frames, before the next one is sent', async (t) => {
  const gaps: number[] = []
  const frames = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']
  const peer = await provider(t, streamed(frames, { gapBetween: (sent) => gaps.push(sent) }))
  t.equal((await readSse(await post(peer))).events.length, 3)
  t.same(gaps, [1, 2])
})

t.test('slow events wait for the promise, and only the rest waits', async (t) => {
  const gate = resolvers()
  const peer = await provider(t, slowEventsUntil(gate.promise, { pieces: ['a', 'b'] }))
  const events = sseEvents(await post(peer))
  const [role, first] = [await events.next(), await events.next()]
  t.match(role.value?.data, /assistant/)
  t.match(first.value?.data, /"a"/)

  let isMore = false
  const next = events.next().then((event) => { isMore = true; return event })
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(isMore, false)
  gate.resolve(undefined)
  t.match((await next).value?.data, /"b"/)
})

t.test('a caller that hangs up is noticed, on the request and on the provider', async (t) => {
  const peer = await provider(t, headersThenSilence())
  const { call, response } = await open(peer)
  response.on('error', () => {})
  call.destroy()

  await peer.closed()
  await (await peer.received()).closed
  t.equal(response.headers['content-type'], 'text/event-stream')
})

t.test('a finished answer does not count as hung up', async (t) => {
  const peer = await provider(t, sequence(chatJson(), headersThenSilence()))
  let hasClosed = false
  await (await post(peer)).text()
  peer.requests[0]?.closed.then(() => { hasClosed = true })
  const { call, response } = await open(peer)
  response.on('error', () => {})
  call.destroy()
  await peer.closed(1)
  t.equal(hasClosed, false)
})

t.test('a stream is cut after exactly so many bytes, and the cut is not a clean end', async (t) => {
  const { frames } = SHAPES.openai()
  const whole = frames.join('')
  const bytes = Buffer.from(whole)
  for (const count of [0, 1, 17, Math.floor(bytes.length / 2), bytes.length]) {
    const peer = await provider(t, cutAfterBytes(count, whole))
    const { response } = await open(peer)
    const heard: Buffer[] = []
    response.on('data', (chunk: Buffer) => { heard.push(chunk) })
    const [failure] = await once(response, 'error') as [Error]
    t.match(failure, { code: 'ECONNRESET' }, `after ${count} bytes reading fails`)
    t.same(Buffer.concat(heard), bytes.subarray(0, count))
  }
})

t.test('a reset comes before any byte', async (t) => {
  const peer = await provider(t, resetConnection())
  await t.rejects(open(peer), { code: 'ECONNRESET' })
  t.equal(peer.requests.length, 1)
})

t.test('raw bytes are the whole truth, bad HTTP included', async (t) => {
  const good = [rawHead(200, { 'content-length': '5', 'content-type': 'text/plain' }), 'he', 'llo']
  const peer = await provider(t, sequence(rawBytes(good), rawBytes(['HTTP/9.9 no\r\n\r\n'])))
  const { response } = await open(peer)
  let text = ''
  for await (const chunk of response) text += chunk

  t.equal(text, 'hello')
  await t.rejects(open(peer), { code: /^HPE_/ })
})

t.test('a body can come in any pieces and still be well-formed HTTP', async (t) => {
  const bytes = Buffer.from(SHAPES.openai().frames.join(''))
  const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
  const peer = await provider(t, inPieces(pieces))
  const answer = await readSse(await post(peer))
  t.match(answer, { isDone: true, text: SHAPES.openai().text, failure: undefined })
})

t.test('compressed answers are compressed, whole or event by event', async (t) => {
  const { frames } = SHAPES.openai()
  const peer = await provider(t, sequence(gzipped('{"a":1}'), gzipped(frames, 'text/event-stream')))
  for (const plain of ['{"a":1}', frames.join('')]) {
    const { response } = await open(peer)
    const heard: Buffer[] = []
    for await (const chunk of response) heard.push(chunk)
    t.equal(response.headers['content-encoding'], 'gzip')
    t.equal(gunzipSync(Buffer.concat(heard)).toString(), plain)
  }
})

t.test('an error inside a stream comes after the content and ends it cleanly', async (t) => {
  const peer = await provider(t, errorInStream({ pieces: ['par', 'tial'] }))
  const answer = await readSse(await post(peer))
  t.match(answer, { text: 'partial', isDone: false, error: { type: 'server_error' }, failure: undefined })
})

for (const [name, shape] of Object.entries(SHAPES)) {
  t.test(`the ${name} shape holds the text and the usage it promises`, async (t) => {
    const peer = await provider(t, recorded(shape))
    const answer = await readSse(await post(peer))
    const expected = shape({ isUsageAsked: true })
    const found = answer.usage ?? groqUsage(answer.values)

    t.equal(answer.text, expected.text)
    t.equal(answer.values.map(reasoningOf).join(''), expected.reasoning)
    t.same(found, expected.usage)
    t.equal(expected.tokens?.input, 21)
    t.equal(answer.isDone, true)
    t.equal(answer.values[0]?.['model'], 'tiny')
  })
}

t.test('shapes that tell usage only on request are silent without one', async (t) => {
  t.equal(SHAPES.openai({ isUsageAsked: false }).frames.join('').includes('usage'), false)
  t.match(SHAPES.llamaCpp({ isUsageAsked: false }).frames.join(''), /"timings"/)
  t.match(SHAPES.groq({ isUsageAsked: false }).frames.at(-2), /"x_groq":\{"id":"req_1","usage"/)
})

t.test('fragments of two tool calls take turns and add up to JSON', async (t) => {
  const peer = await provider(t, recorded(crlf(toolCalls)))
  const { values } = await readSse(await post(peer))
  const texts = ['', '']
  for (const { choices } of values as unknown as Array<{ choices: [{ delta: ToolDelta }?] }>) {
    for (const call of choices[0]?.delta.tool_calls ?? []) texts[call.index] += call.function.arguments
  }
  t.same(texts.map((text) => JSON.parse(text)), [{ city: 'Zürich' }, { zone: 'Europe/Zurich' }])
})

t.test('the reader knows LF, CRLF, CR, comments, many data lines and events without an end', async (t) => {
  const text = ': hi\r\n\r\nevent: a\r\ndata: 1\rdata:2\r\r\ndata: {"x":"é"}\n\nid: 7\ndata\n\ndata: lost'
  const bytes = Buffer.from(text)
  for (const size of [1, 2, 3, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, at * size + size))
    const { events, comments } = await readSse({ body: ReadableStream.from(pieces) })
    t.same(comments, ['hi'])
    t.same(events, [
      { event: 'a', data: '1\n2', id: undefined }, { event: 'message', data: '{"x":"é"}', id: undefined },
      { event: 'message', data: '', id: '7' }
    ])
  }
})

t.test('nobody listens on a free port', async (t) => {
  const port = await freePort()
  await t.rejects(fetch(`http://127.0.0.1:${port}`), { cause: { code: 'ECONNREFUSED' } })
})

t.test('an answer can be any function', async (t) => {
  const mirror: Answer = ({ request, response }) => { response.end(request.bytes) }
  const peer = await provider(t, mirror)
  t.equal(await (await post(peer, 'echo')).text(), '"echo"')
})

interface ToolDelta { tool_calls?: Array<{ index: 0 | 1, function: { arguments: string } }> }

function groqUsage (values: readonly object[]): unknown {
  return (values as Array<{ x_groq?: { usage?: unknown } }>).findLast(({ x_groq: own }) => own?.usage)?.x_groq?.usage
}

function reasoningOf (value: object): string {
  const { choices } = value as { choices: Array<{ delta: { reasoning_content?: string | null } }> | null }
  return choices?.[0]?.delta.reasoning_content ?? ''
}

function resolvers () {
  let resolve: (value: unknown) => void = () => {}
  const promise = new Promise((_resolve) => { resolve = _resolve })
  return { promise, resolve }
}
