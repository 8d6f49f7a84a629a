// Clients that ask for a stream and read it slowly, or not at all.

import t, { type Test } from 'tap'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { WriteStall } from '../../plugins/write-stall.ts'
import { steppedClock, type SteppedClock } from '../catalog/stepped-clock.ts'
import { gateway, type GatewayOptions, type TestGateway } from '../helper.ts'
import { rowsOf } from '../promises/observe.ts'
import { provider } from '../upstreams.ts'
import { firehose } from '../upstreams/firehose.ts'

const STALL_MS = 31_000
/** Staged time passes in large steps here, and the provider's own deadlines are not what is asked. */
const ENV = {
  AIBROKER_WRITE_STALL_MS: String(STALL_MS),
  AIBROKER_BETWEEN_TIMEOUT_MS: '0',
  AIBROKER_TOTAL_TIMEOUT_MS: '0',
  AIBROKER_LOG_LEVEL: 'silent'
}
const KIB = 1_024

const turn = () => new Promise<void>((resolve) => { setImmediate(resolve) })

/** A connection that has asked for a stream and reads nothing yet. */
function reader (t: Test, { origin }: TestGateway, isStream = true): Socket {
  const body = JSON.stringify({ model: 'm', stream: isStream, messages: [{ role: 'user', content: 'hi' }] })
  const socket = connect(Number(new URL(origin).port), '127.0.0.1').pause()
  socket.on('error', () => {})
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${body.length}\r\n\r\n${body}`)
  t.teardown(() => { socket.destroy() })
  return socket
}

/** Responses of the broker, in the order of their requests. */
function responsesOf (t: Test, { origin }: TestGateway): ServerResponse[] {
  const responses: ServerResponse[] = []
  const port = Number(new URL(origin).port)
  const onStart = (message: unknown) => {
    const { response, socket } = message as { readonly response: ServerResponse, readonly socket: Socket }
    if (socket.localPort === port) responses.push(response)
  }
  subscribe('http.server.request.start', onStart)
  t.teardown(() => { unsubscribe('http.server.request.start', onStart) })
  return responses
}

async function setting (t: Test, options: GatewayOptions = {}) {
  const sent = { bytes: 0 }
  const source = await provider(t, firehose((bytes) => { sent.bytes += bytes }))
  const broker = await gateway(t, { models: { m: [source] }, env: ENV, ...options })
  /** Resolves when nothing moves any more: the provider has written nothing for many turns. */
  const settled = async () => {
    for (let quiet = 0, last = -1; quiet < 200; quiet = sent.bytes === last ? quiet + 1 : 0) {
      last = sent.bytes
      await turn()
    }
  }
  return { sent, source, broker, settled, responses: responsesOf(t, broker) }
}

t.test('a client that reads nothing for the time of a stall is cut, and its provider hears it', async (t) => {
  const clock = steppedClock()
  const { source, broker, settled, responses } = await setting(t, { clock })
  reader(t, broker)
  await source.received()
  await settled()
  clock.pass(STALL_MS - 1)
  await settled()
  t.notOk(responses[0]?.destroyed, 'not before its time')
  await cut(responses, clock)
  await source.closed()
  while (rowsOf(broker.home)[0]?.status === null) await turn()
  t.match(rowsOf(broker.home), [{ status: 499, error: 'client_gone' }])
})

t.test('a client that reads a little in every such time is served on', async (t) => {
  const clock = steppedClock()
  const { source, broker, settled, responses } = await setting(t, { clock })
  const socket = reader(t, broker)
  await source.received()
  for (let round = 0; round < 4; round++) {
    await settled()
    await read(socket, 4_096 * KIB)
    await settled()
    clock.pass(STALL_MS - 1)
  }
  t.notOk(responses[0]?.destroyed, 'after four such times')
  await cut(responses, clock)
  await source.closed()
  t.pass('until it reads nothing any more')
})

/** Lets time pass until the first response is destroyed: bytes on their way through the system count as progress. */
async function cut (responses: readonly ServerResponse[], clock: SteppedClock): Promise<void> {
  while (!responses[0]?.destroyed) {
    for (let turns = 0; turns < 50; turns++) await turn()
    clock.pass(STALL_MS)
  }
}

async function read (socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0;) {
    socket.resume()
    const [chunk] = await once(socket, 'data') as [Buffer]
    left -= chunk.length
  }
  socket.pause()
}

t.test('progress inside of one long write counts, in whatever steps it comes', async (t) => {
  const clock = steppedClock()
  const handle = { writeQueueSize: 60_000 }
  const socket = { bytesWritten: 100_000, writableLength: 80_000, _handle: handle }
  let isDestroyed = false
  const destroy = () => { isDestroyed = true }
  const response = Object.assign(new EventEmitter(), { socket, destroyed: false, destroy })
  const stall = new WriteStall(response as never, { clock, limitMs: STALL_MS })
  stall.begin()
  stall.begin()
  t.equal(clock.waiting, 1, 'one timer')
  handle.writeQueueSize -= 1
  clock.pass(STALL_MS)
  Object.assign(socket, { writableLength: 20_000 })
  handle.writeQueueSize = 20_000
  clock.pass(STALL_MS)
  Object.assign(socket, { bytesWritten: 100_100, writableLength: 20_100 })
  t.notOk(isDestroyed)
  clock.pass(STALL_MS)
  t.ok(isDestroyed, 'what was added is not what was taken')
  response.emit('close')
  t.equal(clock.waiting, 0)
})

t.test('a client that caught up leaves no timer, and a limit of 0 never has one', async (t) => {
  const clock = steppedClock()
  const response = Object.assign(new EventEmitter(), { socket: null, destroyed: false })
  new WriteStall(response as never, { clock, limitMs: 0 }).begin()
  t.equal(clock.waiting, 0)
  const stall = new WriteStall(response as never, { clock, limitMs: STALL_MS })
  stall.begin()
  response.emit('drain')
  t.equal(clock.waiting, 0)
  stall.begin()
  t.equal(clock.waiting, 1)
})

t.test('who writes too much again as soon as the client caught up is watched again', async (t) => {
  const clock = steppedClock()
  const response = Object.assign(new EventEmitter(), { socket: null, destroyed: false })
  response.on('drain', () => { stall.begin() })
  const stall = new WriteStall(response as never, { clock, limitMs: STALL_MS })
  stall.begin()
  response.emit('drain')
  t.equal(clock.waiting, 1)
})

t.test('a client that does not read a plain answer is cut too', async (t) => {
  const clock = steppedClock()
  const message = { role: 'assistant', content: 'x'.repeat(16 * KIB * KIB) }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  const answer = JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices })
  const source = await provider(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(answer)
  })
  const broker = await gateway(t, { models: { m: [source] }, env: ENV, clock })
  const responses = responsesOf(t, broker)
  const asked = clock.asked(STALL_MS)
  reader(t, broker, false)
  await asked
  await cut(responses, clock)
  t.match(rowsOf(broker.home), [{ status: 200, error: null }], 'it was answered; reading was its own business')
})

t.test('54: fifty clients that read nothing cost one chunk each, whatever the provider sends', async (t) => {
  const READERS = 50
  const { sent, source, broker, settled, responses } = await setting(t)
  const before = process.memoryUsage().rss
  for (let count = 0; count < READERS; count++) reader(t, broker)
  await source.received(READERS)
  await settled()
  const held = responses.map(({ writableLength }) => writableLength)
  const grown = process.memoryUsage().rss - before
  const mostHeld = Math.max(...held)
  t.equal(held.length, READERS)
  const mib = (bytes: number) => Math.round(bytes / KIB / KIB)
  t.comment(`sent ${mib(sent.bytes)} MiB, held at most ${mostHeld} bytes per stream, ${mib(grown)} MiB more ` +
    'memory with providers and clients in this process')
  t.ok(mostHeld > 0, 'they are stalled')
  t.ok(mostHeld <= 128 * KIB, `${mostHeld} bytes`)
  t.ok(grown < 150 * KIB * KIB, `${grown} bytes`)
})
