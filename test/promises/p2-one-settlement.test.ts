// P2: however an exchange ends, it leaves exactly one settled row, no open one, books that add up, no busy credential
// and no call that still runs. Each way to end is tried alone.

import t from 'tap'
import { gateway, post } from '../helper.ts'
import {
  chatJson, chatSse, cutAfterBytes, errorInStream, freePort, headersThenSilence, never, provider, readSse,
  resetConnection, sequence, sseEvents, status, streamed, transcriptionJson, type Answer
} from '../upstreams.ts'
import { observe } from './observe.ts'
import { CHAT, expectEnd, FIRST, init, isStream, setting, STREAM, type Ending } from './setting.ts'

interface Case extends Ending {
  readonly name: string
  readonly answers: readonly Answer[]
  readonly body?: unknown
  readonly env?: Record<string, string>
  /** How many requests each provider answers so: a failure is tried again at the same backend. */
  readonly times?: number
  /** How many of the calls the broker has to hang up. */
  readonly closes?: number
}

const FAST: Record<string, string> = { AIBROKER_FIRST_BYTE_TIMEOUT_MS: '80', AIBROKER_FIRST_EVENT_TIMEOUT_MS: '80', AIBROKER_BETWEEN_TIMEOUT_MS: '80' }
const ok = { status: 200, error: null }
const failed = { status: 502, error: 'every_backend_failed' }
const cut = { status: 200, error: 'stream_cut', outcomes: ['cut'] }

/** Ends that the client waits for. */
const CASES: readonly Case[] = [
  { name: 'a plain answer', answers: [chatJson()], ...ok, outcomes: ['answered'] },
  { name: 'a stream', answers: [chatSse()], body: STREAM, ...ok, outcomes: ['answered'] },
  { name: 'a stream without its sentinel', answers: [chatSse({ done: false })], body: STREAM, ...ok, outcomes: ['answered'] },
  { name: 'an answer without usage', answers: [chatJson({ usage: null })], ...ok, outcomes: ['answered'] },
  { name: 'an answer of the second try', answers: [status(500), chatJson()], ...ok, outcomes: ['failed', 'answered'] },
  { name: 'an answer of the second backend', answers: [status(500), chatJson()], ...ok, times: 2, outcomes: ['failed', 'failed', 'answered'] },
  { name: 'a stream of the third', answers: [status(503), resetConnection(), chatSse()], body: STREAM, ...ok, times: 2, outcomes: ['failed', 'failed', 'failed', 'failed', 'answered'] },
  { name: 'a refused request', answers: [status(400)], status: 400, error: 'upstream_refused', outcomes: ['refused'] },
  { name: 'a refused stream', answers: [status(422), chatSse()], body: STREAM, status: 422, error: 'upstream_refused', outcomes: ['refused'] },
  { name: 'a provider that fails', answers: [status(500)], ...failed, times: 2, outcomes: ['failed', 'failed'] },
  { name: 'three providers that fail', answers: [status(500), status(502), status(529)], body: STREAM, ...failed, times: 2, outcomes: Array(6).fill('failed') },
  { name: 'a reset before any byte', answers: [resetConnection()], ...failed, times: 2, outcomes: ['failed', 'failed'] },
  { name: 'half a plain answer', answers: [cutAfterBytes(20, JSON.stringify({ id: 'x'.repeat(90) }), 'application/json')], ...failed, times: 2, outcomes: ['failed', 'failed'] },
  { name: 'an answer that is not JSON', answers: [status(200, 'hello', { 'content-type': 'application/json' })], ...failed, times: 2, outcomes: ['failed', 'failed'] },
  { name: 'an empty stream', answers: [streamed([])], body: STREAM, ...failed, times: 2, outcomes: ['failed', 'failed'] },
  { name: 'an error event before any content', answers: [errorInStream()], body: STREAM, ...failed, times: 2, outcomes: ['failed', 'failed'] },
  { name: 'a stream cut in the middle', answers: [cutAfterBytes(FIRST.length + 9, [FIRST, FIRST])], body: STREAM, ...cut },
  { name: 'a stream that ends without a terminal event', answers: [streamed([FIRST])], body: STREAM, ...cut },
  { name: 'an error event after content', answers: [errorInStream({ pieces: ['Hel'] })], body: STREAM, ...cut },
  { name: 'silence instead of an answer', answers: [never()], env: FAST, ...failed, outcomes: ['stalled'], closes: 1 },
  { name: 'silence after headers', answers: [headersThenSilence()], body: STREAM, env: FAST, ...failed, outcomes: ['stalled'], closes: 1 },
  { name: 'silence, then the next backend', answers: [never(), chatJson()], env: FAST, ...ok, outcomes: ['stalled', 'answered'], closes: 1 },
  { name: 'silence in the middle of a stream', answers: [streamed([FIRST, FIRST], { gapBetween: () => new Promise(() => {}) })], body: STREAM, env: FAST, ...cut, closes: 1 }
]

for (const { name, answers, body = CHAT, env = {}, times = 1, closes = 0, ...ending } of CASES) {
  t.test(`P2 ${name} is settled once`, async (t) => {
    const made = await setting(t, answers, { env, times })
    const response = await fetch(`${made.broker.url}/chat/completions`, init(body))
    t.equal(response.status, ending.status)
    await readSse(response)
    if (closes > 0) await made.providers[0]?.closed(closes)
    await expectEnd(t, made, ending)
  })
}

t.test('P2 a throttled provider and then nobody at all leave a row each', async (t) => {
  const { broker, observed } = await setting(t, [status(429, undefined, { 'retry-after': '30' })])
  t.equal((await post(`${broker.url}/chat/completions`, CHAT)).status, 429)
  t.equal((await post(`${broker.url}/chat/completions`, CHAT)).status, 429)
  t.match(observed.rows(), [
    { status: 429, error: 'all_throttled', attempts: [{ outcome: 'throttled' }] },
    { status: 429, error: 'all_throttled', attempts: [] }
  ])
  t.equal(observed.rows()[1]?.attempts.length, 0)
  t.match(observed.verify(), { ok: true, exchanges: 2, attempts: 1, open: 0 })
  t.equal(observed.busy, 0)
})

t.test('P2 a provider that nobody can reach is settled once', async (t) => {
  const broker = await gateway(t, { models: { m: [{ url: `http://127.0.0.1:${await freePort()}/v1` }] } })
  const observed = observe(broker)
  t.equal((await post(`${broker.url}/chat/completions`, CHAT)).status, 502)
  t.match(observed.rows(), [{ status: 502, error: 'every_backend_failed', attempts: [{ outcome: 'unreachable' }, { outcome: 'unreachable' }] }])
  t.match(observed.verify(), { ok: true, open: 0 })
  t.equal(observed.busy, 0)
})

t.test('P2 a form is settled once, and its spool is gone', async (t) => {
  const asked = await provider(t, sequence(status(500), transcriptionJson()))
  const broker = await gateway(t, { models: { m: [asked, asked] }, modelYaml: 'capabilities: [transcription]' })
  const observed = observe(broker)
  const form = new FormData()
  form.set('model', 'm')
  form.set('file', new Blob(['x'.repeat(2_000_000)]), 'speech.wav')
  const response = await fetch(`${broker.url}/audio/transcriptions`, { method: 'POST', body: form })
  t.equal(response.status, 200, await response.text())
  t.match(observed.rows(), [{ status: 200, error: null, attempts: [{ outcome: 'failed' }, { outcome: 'answered' }] }])
  t.match(observed.verify(), { ok: true, open: 0 })
  t.equal(observed.busy, 0)
})

const GONE = { status: 499, error: 'client_gone', outcomes: ['abandoned'] }

t.test('P2 a client that leaves before the answer is settled once, and the provider hears it', async (t) => {
  for (const [name, answer, body] of [
    ['plain', never(), CHAT], ['stream', never(), STREAM], ['after headers', headersThenSilence(), STREAM],
    ['after a comment', streamed([': wait\n\n', FIRST], { gapBetween: () => new Promise(() => {}) }), STREAM],
    ['half a plain answer', headersThenSilence('application/json'), CHAT]
  ] as const) {
    await t.test(name, async (t) => {
      const made = await setting(t, [answer])
      const client = new AbortController()
      const answered = fetch(`${made.broker.url}/chat/completions`, init(body, client.signal))
      await made.providers[0]?.received()
      client.abort()
      await t.rejects(answered)
      await made.providers[0]?.closed()
      await expectEnd(t, made, GONE)
    })
  }
})

t.test('P2 a client that leaves in the middle of a stream is settled once, and the provider hears it', async (t) => {
  const made = await setting(t, [streamed([FIRST, FIRST], { gapBetween: () => new Promise(() => {}) })])
  const client = new AbortController()
  const response = await fetch(`${made.broker.url}/chat/completions`, init(STREAM, client.signal))
  t.match((await sseEvents(response).next()).value, { data: /Hel/ })
  client.abort()
  await made.providers[0]?.closed()
  await expectEnd(t, made, GONE)
})

t.test('P2 a client that leaves at the very commit of its stream is settled once', async (t) => {
  const made = await setting(t, [streamed([FIRST, FIRST], { gapBetween: () => new Promise(() => {}) })])
  const client = new AbortController()
  made.observed.onBegin = () => { client.abort() }
  const response = fetch(`${made.broker.url}/chat/completions`, init(STREAM, client.signal))
  await t.rejects(response)
  await made.providers[0]?.closed()
  made.observed.onBegin = undefined
  await expectEnd(t, made, GONE)
})

t.test('P2 a client that leaves while its row is being written is settled once, and nobody is called', async (t) => {
  const made = await setting(t, [never()])
  const client = new AbortController()
  const { ledger } = made.broker.gateway
  const open = ledger.open.bind(ledger)
  ledger.open = async (intent, attempt) => {
    const exchange = await open(intent, attempt)
    client.abort()
    await made.observed.gone(1)
    ledger.open = open
    return exchange
  }
  await t.rejects(fetch(`${made.broker.url}/chat/completions`, init(CHAT, client.signal)))
  await made.observed.ended(1)
  t.equal(made.providers[0]?.connections, 0)
  t.match(made.observed.rows(), [{ status: 499, error: 'client_gone', attempts: [{ outcome: 'abandoned' }] }])
  t.match(made.observed.verify(), { ok: true, open: 0, costNanoUsd: 0n })
  t.equal(made.observed.busy, 0)
})

t.test('P2 a client that leaves between two attempts is settled once, and the second backend is not called', async (t) => {
  const made = await setting(t, [status(500), never()], { times: 2 })
  const client = new AbortController()
  const { ledger } = made.broker.gateway
  const retry = ledger.retry.bind(ledger)
  ledger.retry = async (exchange, ended, next) => {
    await retry(exchange, ended, next)
    if (next.provider === 'test0') return
    client.abort()
    await made.observed.gone(1)
  }
  await t.rejects(fetch(`${made.broker.url}/chat/completions`, init(CHAT, client.signal)))
  await made.observed.ended(1)
  t.equal(made.providers[1]?.connections, 0)
  t.match(made.observed.rows(), [
    { status: 499, error: 'client_gone', attempts: [{ outcome: 'failed' }, { outcome: 'failed' }, { outcome: 'abandoned' }] }])
  t.match(made.observed.verify(), { ok: true, open: 0 })
  t.equal(made.observed.busy, 0)
})

t.test('P2 a shutdown in the middle of exchanges leaves no open row', async (t) => {
  const silentStream = streamed([FIRST, FIRST], { gapBetween: () => new Promise(() => {}) })
  const silent = await provider(t, (call) => (isStream(call.request.body) ? silentStream : never())(call))
  const broker = await gateway(t, { models: { m: [silent] } })
  const observed = observe(broker)
  const plain = Array.from({ length: 5 }, () => fetch(`${broker.url}/chat/completions`, init(CHAT)))
  for (const request of plain) request.catch(() => {})
  const streams = await Promise.all(plain.map(() => fetch(`${broker.url}/chat/completions`, init(STREAM))))
  await silent.received(10)
  await broker.close()
  for (const request of plain) await t.rejects(request)
  for (const stream of streams) t.match(await readSse(stream), { isDone: false, failure: Error })
  await silent.closed(10)
  t.same(observed.rows().map(({ status, error }) => [status, error]), Array(10).fill([499, 'client_gone']))
  t.match(observed.verify(), { ok: true, exchanges: 10, open: 0 })
  t.equal(observed.busy, 0)
})
