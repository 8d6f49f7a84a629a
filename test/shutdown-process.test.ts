// R12 as a client and an operator see it: a real broker process, real signals, a provider in this process.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { start } from './cli/command.ts'
import { verifyLedger } from '../src/ledger/sqlite/verify.ts'
import { look, rowsOf } from './promises/observe.ts'
import { chatSse, provider, readSse, type TestProvider } from './upstreams.ts'

/** Measured at 15 and 70 ms while both cores were busy with something else. */
const QUICK_MS = 500

interface Broker {
  readonly url: string
  readonly port: number
  signal (name?: NodeJS.Signals): void
  /** Exit code, and ms since the first signal. */
  readonly ended: Promise<{ readonly code: number | null, readonly ms: number }>
  /** What the books hold: status and error of every exchange, how many are open, and whether all is well. */
  books (): { readonly ok: boolean, readonly open: number, readonly rows: readonly object[] }
}

async function broker (t: Test, { url }: TestProvider, env: Readonly<Record<string, string>> = {}): Promise<Broker> {
  const home = mkdtempSync(join(tmpdir(), 'aibroker-stop-'))
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  writeFileSync(join(home, 'modelsconfig.yml'),
    `providers:\n  test0: {wire: openai-chat, base_url: "${url}", credential: none}\n` +
    'models:\n  m:\n    backends:\n      - {provider: test0, model_id: m, priority: 1, input_cost: 1, output_cost: 2}\n')
  const child = await start(t, ['serve', '--port', '0', '--config', join(home, 'modelsconfig.yml')], {
    home, env: { AIBROKER_LOG_LEVEL: 'silent', ...env }
  })
  child.stderr?.resume()
  const [line] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line') as [string]
  const listen = JSON.parse(line).listen as string
  let signalledMs = 0
  return {
    url: listen,
    port: Number(new URL(listen).port),
    signal (name = 'SIGTERM') {
      signalledMs ||= performance.now()
      child.kill(name)
    },
    ended: once(child, 'exit').then(([code]) => ({ code, ms: performance.now() - signalledMs })),
    books () {
      const rows = rowsOf(home).map(({ status, error }) => ({ status, error }))
      return { ...look(home, (sqlite) => verifyLedger(sqlite)), rows }
    }
  }
}

interface Health { readonly load: { readonly waiting: number } }

function stream ({ url }: Broker): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })
  })
}

async function dial ({ port }: Broker, bytes = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (bytes !== '') await new Promise((resolve) => { socket.write(bytes, resolve) })
  return socket
}

/** Resolves with how long the broker still took new connections. */
async function refusedAfter (broker: Broker): Promise<number> {
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
  const running = await broker(t, await provider(t, chatSse()))
  await (await fetch(`${running.url}/health`)).text()
  const silent = await dial(running)
  const closed = once(silent, 'close')
  running.signal()
  const { code, ms } = await running.ended
  await closed
  t.equal(code, 0)
  t.ok(ms < QUICK_MS, `${Math.round(ms)} ms`)
})

t.test('SIGTERM: new connections are refused at once, and a running stream is delivered and booked', async (t) => {
  const { go, source } = waiting(t)
  const running = await broker(t, await source)
  const answer = await stream(running)
  const half = await dial(running, 'GET /health/readiness HTTP/1.1\r\nHost: local')
  await new Promise((resolve) => { setImmediate(resolve) })
  running.signal()
  const ms = await refusedAfter(running)
  t.ok(ms < QUICK_MS, `refused after ${Math.round(ms)} ms`)

  half.write('host\r\n\r\n')
  const [head] = await once(half, 'data') as [Buffer]
  t.match(String(head), /^HTTP\/1.1 503 /)
  t.match(String(head), /\r\nconnection: close\r\n/i)
  t.match(String(head), /the broker is shutting down/)
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
  t.test(`${title} ends running streams, never as complete, and every row is settled`, async (t) => {
    const { source } = waiting(t)
    const running = await broker(t, await source, env)
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
  const running = await broker(t, await source, { AIBROKER_MAX_IN_FLIGHT: '1' })
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
