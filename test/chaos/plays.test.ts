// Every named play beyond the sixteen, byte by byte: a test that trusts a fault which does not happen proves nothing.

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { PLAYS } from '../../src/chaos/plays.ts'
import { textOf } from '../../src/chaos/text.ts'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { call, Caller, chaos, chat, requestOf, type Heard } from './caller.ts'

const USAGE = { stream_options: { include_usage: true } }

/** What is heard of a play whose connection ends by itself. */
async function heardOf (t: Test, play: string): Promise<Heard> {
  const clock = { ...steppedClock(), after: immediately }
  return call(await chaos(t, { play, clock }), USAGE)
}

/** What is heard of a play that falls silent, once it is as wanted. */
async function heardUntil (t: Test, play: string, isWanted: (heard: Heard) => boolean): Promise<Heard> {
  const server = await chaos(t, { play })
  const caller = new Caller(server.port)
  t.teardown(() => { caller.socket.destroy() })
  caller.send(requestOf(chat()))
  return caller.until(isWanted)
}

const REFUSALS: ReadonlyArray<readonly [play: string, expected: object]> = [
  ...[...PLAYS.keys()].filter((name) => name.startsWith('status-')).map((name) =>
    [name, { status: Number(name.slice(7)), body: /"message":"staged: \d+"/, isWhole: true }] as const),
  ...[301, 302, 303, 307, 308].map((code) =>
    [`redirect-${code}`, { status: code, head: /\r\nlocation: http:\/\/127\.0\.0\.2:9\// }] as const),
  ['redirect-to-metadata', { status: 307, head: /\r\nlocation: http:\/\/169\.254\.169\.254\// }],
  ['throttled-for-ages', { status: 429, head: /\r\nretry-after: 1000000000\r\n/ }],
  ['throttled-for-less-than-nothing', { status: 429, head: /\r\nretry-after: -5\r\n/ }],
  ['throttled-in-x-headers', { status: 429, head: /\r\nx-ratelimit-reset-requests: 1s\r\n/ }],
  ['html-error', { status: 502, head: /text\/html/, body: /^<!doctype html>/ }],
  ['html-answer', { status: 200, head: /text\/html/, body: /^<!doctype html>/ }],
  ['empty-error', { status: 500, body: '', isWhole: true }],
  ['empty-answer', { status: 200, body: '', isWhole: true }],
  ['error-in-200', { status: 200, body: /^\{"error":/ }],
  ['error-first', { status: 200, body: /^data: .*"error":/, isWhole: true, text: '' }],
  ['error-in-stream', { status: 200, text: textOf(20), body: /"error":\{"message":"staged: overloaded"/, isWhole: true }],
  ['unauthorised-once', { status: 401 }]
]

const STREAMS: ReadonlyArray<readonly [play: string, expected: object]> = [
  ['closes-before-end', { text: textOf(60), isWhole: true, body: /token-60"\},"logprobs":null,"finish_reason":null\}\]\}\n\n$/ }],
  ['cut-in-json', { text: textOf(20), isWhole: false, body: /\n\ndata: \{"id":[^\n]+$/ }],
  ['cut-in-field', { text: textOf(20), isWhole: false, body: /\n\ndat$/ }],
  ['cut-in-character', { text: textOf(20), isWhole: false, body: /"content":"caf\xc3$/ }],
  ['cut-in-chunk', { text: textOf(20), isWhole: false, bytes: /\r\nff\r\ndata: \{"choi$/ }],
  ['cut-in-chunk-size', { text: textOf(20), isWhole: false, bytes: /\r\n1f$/ }],
  ['cut-before-last-chunk', { text: textOf(60), isWhole: false, body: /data: \[DONE\]\n\n$/ }],
  ['random-midway', { text: textOf(60), isWhole: true, body: /\[DONE\]\n\n$/ }],
  ['empty-lines', { text: textOf(60), body: /^\n{1000000}data: / }],
  ['returns-only', { body: /^data: [^\n]+\r\rdata: \[DONE\]\r\r$/ }],
  ['returns-and-feeds', { body: /^(?:data: [^\n]+\r\n\r\n)+$/ }],
  ['byte-order-mark', { text: textOf(60), body: /^\xef\xbb\xbfdata: / }],
  ['unknown-choice', { text: textOf(60), body: /"index":7,"delta":\{"content":"stray"\}/ }],
  ['other-id', { text: textOf(60), body: /"id":"chatcmpl-other"/ }],
  ['usage-not-a-number', { body: /"choices":\[\],"usage":\{"prompt_tokens":NaN,/ }],
  ['usage-negative', { body: /"completion_tokens":-60,/ }],
  ['usage-huge', { body: /"completion_tokens":1000000000000000000,/ }],
  ['usage-unasked', { body: /"completion_tokens":60,/ }],
  ['reasons', { text: textOf(60), body: /"reasoning_content":"thought-1"/ }],
  ['calls-tools', { text: '', body: /"finish_reason":"tool_calls"/ }],
  ['two-choices', { text: textOf(60), body: /"index":1,"delta":\{"content":"token-1"\}/ }],
  ['slow', { text: textOf(60), isWhole: true }]
]

const FRAMING: ReadonlyArray<readonly [play: string, expected: object]> = [
  ['resets-on-accept', { bytes: '', wasReset: true }],
  ['headers-too-large', { head: /\r\nx-large: x{17408}/, text: textOf(60) }],
  ['headers-too-many', { head: /\r\nx-9999: 1/, text: textOf(60) }],
  ['header-with-return', { head: /\r\nx-split: one\rset-cookie: two/ }],
  ['header-with-feed', { head: /\r\nx-split: one\nset-cookie: two/ }],
  ['two-lengths', { head: /content-length: 5\r\ncontent-length: 41$/, body: /^\{"object"/ }],
  ['length-and-chunks', { head: /content-length: 41\r\ntransfer-encoding: chunked$/, body: /^\{"object".*\}$/ }],
  ['length-too-short', { head: /content-length: 5$/, body: /^.{41}$/ }],
  ['length-too-long', { head: /content-length: 4100$/, body: /^.{41}$/ }],
  ['continues-forever', { bytes: /^(?:HTTP\/1\.1 100 Continue\r\n\r\n){1000}HTTP\/1\.1 200/ }],
  ['early-hints', { bytes: /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/x>\r\n\r\nHTTP\/1\.1 200/ }],
  ['switches-unasked', { status: 101 }],
  ['no-content-with-body', { status: 204, body: /^\{"object"/ }],
  ['not-modified-with-body', { status: 304, body: /^\{"object"/ }],
  ['no-length', { head: /\r\nconnection: close$/, text: textOf(60), body: /\[DONE\]\n\n$/ }],
  ['trailers', { bytes: /\r\n0\r\nx-sum: 1\r\n\r\n$/ }],
  ['not-http', { status: undefined, bytes: '220 mail.example ESMTP\r\n' }],
  ['chunk-size-not-hex', { bytes: /\r\n\r\nzz\r\nhello\r\n$/ }],
  ['gzip-corrupt', { head: /\r\ncontent-encoding: gzip\r\n/, text: textOf(60) }],
  ['many-codings', { head: /\r\ncontent-encoding: (?:gzip, ){199}gzip\r\n/ }]
]

for (const [play, expected] of [...REFUSALS, ...STREAMS, ...FRAMING]) {
  t.test(`${play}: ${PLAYS.get(play)?.says}`, async (t) => {
    t.match(await heardOf(t, play), expected)
  })
}

t.test('a date in Retry-After is counted from the clock', async (t) => {
  const clock = { ...steppedClock(), nowMs: () => Date.UTC(2026, 0, 1) }
  const heard = await call(await chaos(t, { play: 'throttled-for-a-date', clock }))
  t.match(heard.head, '\r\nretry-after: Thu, 01 Jan 2026 00:00:03 GMT\r\n')
})

t.test('a reset midway comes when the tokens before it have been read', async (t) => {
  const clock = steppedClock()
  const caller = new Caller((await chaos(t, { play: 'resets-midway', clock })).port)
  caller.send(requestOf(chat()))
  await caller.until(({ text }) => text === textOf(20))
  clock.pass(10)
  t.match(await caller.end(), { text: textOf(20), isWhole: false, wasReset: true })
})

t.test('plays that fall silent keep the connection open behind what they said', async (t) => {
  const head = await heardUntil(t, 'silent-after-head', ({ status }) => status === 200)
  t.equal(head.body, '')
  t.equal((await heardUntil(t, 'comments-only', ({ body }) => body.length === 140)).body, ': keep-alive\n\n'.repeat(10))
  const words = await heardUntil(t, 'silent-before-end', ({ text }) => text === textOf(60))
  t.notMatch(words.body, '"finish_reason":"stop"')
})

t.test('a line that never ends does not wait for a reader that stops reading', async (t) => {
  const server = await chaos(t, { play: 'endless-line' })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await caller.until(({ body }) => body.length > 100_000)
  caller.socket.pause()
  const [seen] = server.calls
  for (let turn = 0, before = -1; before !== seen?.bytesSent; turn++) {
    before = seen?.bytesSent ?? 0
    for (let round = 0; round < 50; round++) await new Promise((resolve) => { setImmediate(resolve) })
  }
  t.ok((seen?.bytesSent ?? 0) < 100 * 1024 * 1024, 'what nobody takes is not made')
  caller.socket.destroy()
})

t.test('every event comes twice, and the text with it', async (t) => {
  const { body } = await heardOf(t, 'every-event-twice')
  const events = body.split('\n\n')
  t.ok(events.length > 120)
  t.equal(events[0], events[1])
})

t.test('usage is not told although it was asked for', async (t) => {
  t.notMatch((await heardOf(t, 'usage-untold')).body, 'usage')
})

t.test('random bytes are as many as said', async (t) => {
  const heard = await heardOf(t, 'random-bytes')
  t.equal(heard.body.length, 64 * 1024)
  t.equal((await heardOf(t, 'random-bytes')).body === heard.body, false)
})

t.test('gzip is gzip, whole and event by event', async (t) => {
  const server = await chaos(t, { play: 'gzip' })
  const streamed = await call(server)
  const plain = await call(server, { stream: false })
  t.match(streamed.head, /\r\ncontent-encoding: gzip\r\n/)
  t.match(gunzipSync(Buffer.from(streamed.body, 'latin1')).toString(), /token-60[^]*\[DONE\]/)
  t.ok(plain.isWhole)
  t.equal(JSON.parse(gunzipSync(Buffer.from(plain.body, 'latin1')).toString()).choices[0].message.content, textOf(60))
})

t.test('bombs are small on the wire and large behind it', async (t) => {
  const gzip = Buffer.from((await heardOf(t, 'gzip-bomb')).body, 'latin1')
  t.ok(gzip.length < 1024 * 1024)
  t.throws(() => gunzipSync(gzip, { maxOutputLength: 500 * 1024 * 1024 }), { code: 'ERR_BUFFER_TOO_LARGE' })
  const brotli = Buffer.from((await heardOf(t, 'br-bomb')).body, 'latin1')
  t.ok(brotli.length < 64 * 1024)
  t.throws(() => brotliDecompressSync(brotli, { maxOutputLength: 127 * 1024 * 1024 }), { code: 'ERR_BUFFER_TOO_LARGE' })
})

t.test('a kept connection is closed as the next request comes on it, a fresh one is not', async (t) => {
  const server = await chaos(t, { play: 'closes-reused' })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await caller.until(({ isWhole }) => isWhole)
  caller.send(requestOf(chat()))
  t.equal((await caller.end()).wasReset, true)
  t.same(server.calls.map(({ isAnswered, connection }) => [isAnswered, connection]), [[true, 1], [false, 1]])
  t.equal((await call(server)).text, textOf(60))
})

t.test('a refusal comes before the body was sent', async (t) => {
  const server = await chaos(t, { play: 'answers-early' })
  const caller = new Caller(server.port)
  caller.send('POST /v1/chat/completions HTTP/1.1\r\nhost: chaos\r\ncontent-length: 1000000\r\n\r\n{"model":')
  t.match(await caller.until(({ isWhole }) => isWhole), { status: 413 })
  t.match(server.calls, [{ bodyBytes: 0, isAnswered: true }])
})

for (const play of ['stray-answer-at-once', 'stray-answer-later']) {
  t.test(`${play}: ${PLAYS.get(play)?.says}`, async (t) => {
    const clock = { ...steppedClock(), after: immediately }
    const server = await chaos(t, { play, clock })
    const caller = new Caller(server.port)
    caller.send(requestOf(chat({ stream: false })))
    const { bytes } = await caller.until(({ bytes }) => bytes.includes('stray'))
    t.match(bytes, /"total_tokens":62\}\}HTTP\/1\.1 200 OK\r\n[^{]*\{"stray":1\}\n$/)
    t.match(server.calls, [{ isAnswered: true }])
  })
}

t.test('no play is left out above', async (t) => {
  const elsewhere = new Set([
    'resets-midway', 'silent-after-head', 'comments-only', 'silent-before-end', 'endless-line', 'every-event-twice', 'usage-untold',
    'random-bytes', 'gzip', 'gzip-bomb', 'br-bomb', 'closes-reused', 'answers-early', 'stray-answer-at-once',
    'stray-answer-later', 'throttled-for-a-date', 'well', 'continues',
    ...[...PLAYS].filter(([, { faults }]) => faults.length > 0).map(([name]) => name)
  ])
  const named = new Set([...REFUSALS, ...STREAMS, ...FRAMING].map(([name]) => name))
  t.same([...PLAYS.keys()].filter((name) => !named.has(name) && !elsewhere.has(name)), [])
})

/** Time does not matter in these tests, only order. */
function immediately (_delayMs: number, fn: () => void): () => void {
  const timer = setImmediate(fn)
  return () => { clearImmediate(timer) }
}
