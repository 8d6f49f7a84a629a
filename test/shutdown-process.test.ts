// R12 as a client and an operator see it: a real broker process, real signals, a provider in this process.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { brokerProcess, type BrokerProcess } from './broker-process.ts'
import { chatSse, provider, readSse } from './upstreams.ts'

/** "At once": measured at 15 and 70 ms with both cores busy; the drain, which it must not wait for, takes 30 s. */
const QUICK_MS = 2_000

const READINESS = 'GET /health/readiness HTTP/1.1\r\nHost: localhost\r\n\r\n'

interface Health { readonly load: { readonly waiting: number } }

function stream ({ url }: BrokerProcess): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })
  })
}

async function dial ({ port }: BrokerProcess, bytes = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (bytes !== '') await new Promise((resolve) => { socket.write(bytes, resolve) })
  return socket
}

/** What the broker sends next; nothing, when it closes the connection. */
async function told (socket: Socket): Promise<string> {
  return await Promise.race([
    once(socket, 'data').then(([bytes]) => String(bytes)),
    once(socket, 'close').then(() => '')
  ])
}

/** Resolves with how long the broker still took new connections. */
async function refusedAfter (broker: BrokerProcess): Promise<number> {
  const sinceMs = performance.now()
  for (;;) {
    const socket = connect(broker.port, '127.0.0.1')
    const isRefused = await Promise.race([once(socket, 'connect').then(() => false), once(socket, 'error').then(() => true)])
      .catch(() => true)
    socket.destroy()
    if (isRefused) return performance.now() - sinceMs
  }
}

/** A provider whose stream waits after its first event until the test says so. */
function waiting (t: Test) {
  let go = () => {}
  const gate = new Promise<void>((resolve) => { go = resolve })
  t.teardown(() => { go() })
  return { go, source: provider(t, chatSse({ pieces: ['Hel', 'lo'], gapBetween: (sent) => sent === 2 ? gate : undefined })) }
}

t.test('an idle broker ends at once, also with clients that are connected and say nothing', async (t) => {
  const running = await brokerProcess(t, await provider(t, chatSse()))
  await (await fetch(`${running.url}/health`)).text()
  const silent = await dial(running)
  const closed = once(silent, 'close')
  running.signal()
  const { code, ms } = await running.ended
  await closed
  t.equal(code, 0)
  t.ok(ms < QUICK_MS, `${Math.round(ms)} ms`)
})

t.test('159: SIGTERM: new connections are refused at once, and a running stream is delivered and booked', async (t) => {
  const { go, source } = waiting(t)
  const running = await brokerProcess(t, await source)
  const answer = await stream(running)
  // One segment holds a whole request and half of the next: the answer to the first says the half was read.
  const half = await dial(running, `${READINESS}GET /health/readiness HTTP/1.1\r\nHost: local`)
  t.match(await told(half), /^HTTP\/1.1 200 /)
  running.signal()
  const ms = await refusedAfter(running)
  t.ok(ms < QUICK_MS, `refused after ${Math.round(ms)} ms`)

  half.write('host\r\n\r\n')
  const refusal = await told(half)
  t.match(refusal, /^HTTP\/1.1 503 /)
  t.match(refusal, /\r\nconnection: close\r\n/i)
  t.match(refusal, /the broker is shutting down/)
  go()
  const { text, isDone, failure } = await readSse(answer)
  t.same({ text, isDone, failure }, { text: 'Hello', isDone: true, failure: undefined })
  t.equal((await running.ended).code, 0)
  t.match(running.books(), { ok: true, open: 0, rows: [{ status: 200, error: null }] })
})

for (const [title, env, isAgain] of [
  ['a second SIGTERM', {}, true],
  ['the end of the drain time', { AIBROKER_DRAIN_MS: '200' }, false]
] as const) {
  t.test(`159: ${title} ends running streams, never as complete, and every row is settled`, async (t) => {
    const { source } = waiting(t)
    const running = await brokerProcess(t, await source, env)
    const answer = await stream(running)
    running.signal()
    await refusedAfter(running)
    if (isAgain) running.signal()
    const { isDone, failure, error } = await readSse(answer)
    t.notOk(isDone)
    t.match(error, { message: /shutting down/, metadata: { reason: 'draining' } }, 'told in the stream')
    t.ok(failure, 'and the connection broke')
    const { code, ms } = await running.ended
    t.equal(code, 0)
    t.ok(ms < 200 + 2_000 + 1_000, `${Math.round(ms)} ms`)
    t.match(running.books(), { ok: true, open: 0, rows: [{ status: Number, error: 'draining' }] })
  })
}

t.test('who waits for a place when the broker is told to stop is sent elsewhere', async (t) => {
  const { go, source } = waiting(t)
  const running = await brokerProcess(t, await source, { AIBROKER_MAX_IN_FLIGHT: '1' })
  const first = await stream(running)
  const second = stream(running)
  const waitingNow = async () => (await (await fetch(`${running.url}/health`)).json() as Health).load.waiting
  while (await waitingNow() === 0);
  running.signal()
  const refused = await second
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '1')
  t.equal(refused.headers.get('connection'), 'close')
  t.match(await refused.json(), { error: { metadata: { reason: 'draining' } } })
  go()
  t.ok((await readSse(first)).isDone)
  t.equal((await running.ended).code, 0)
})
