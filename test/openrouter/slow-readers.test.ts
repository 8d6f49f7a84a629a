// OpenRouter's dialect, check 54: two hundred streams at once, and readers that do not read.
//
// Over a Unix socket, whose buffers do not grow; on the other side the system takes 4 MiB a stream before it stops.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { brokerProcess, type BrokerProcess } from '../broker-process.ts'
import { provider } from '../upstreams.ts'
import { firehose } from '../upstreams/firehose.ts'

const READERS = 200
const MIB = 1_024 * 1_024
/** Of a stream that nobody reads: what fits into the buffers between provider and client. */
const MOST_SENT_BYTES = 8 * MIB
/** Half a megabyte: the provider writes as little often as can be. */
const EVENTS_AT_ONCE = 16
const MOST_GROWTH_BYTES = 150 * MIB
/** Answers of the broker between which nothing more was sent: then nothing is on its way. */
const QUIET_ROUNDS = 10

const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })

function reader (t: Test, path: string): Socket {
  const socket = connect(path).pause()
  t.teardown(() => { socket.destroy() })
  socket.on('error', () => {})
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`)
  return socket
}

/** What the provider sent in all, and a promise that is kept when that is too much. */
function account () {
  let flood = () => {}
  const flooded = new Promise<void>((resolve) => { flood = resolve })
  return {
    bytes: 0,
    flooded,
    add (bytes: number) {
      this.bytes += bytes
      if (this.bytes > READERS * MOST_SENT_BYTES) flood()
    }
  }
}

/** Resolves when the provider can send no more, however often the broker gets its turn. */
async function settled ({ url }: BrokerProcess, sent: { readonly bytes: number }): Promise<void> {
  for (let quiet = 0, last = -1; quiet < QUIET_ROUNDS; quiet = sent.bytes === last ? quiet + 1 : 0) {
    last = sent.bytes
    await (await fetch(`${url}/health`)).arrayBuffer()
  }
}

t.test('54: two hundred streams that nobody reads hold their provider up, and not memory', { timeout: 120_000 }, async (t) => {
  const sent = account()
  const source = await provider(t, firehose((bytes) => { sent.add(bytes) }, EVENTS_AT_ONCE))
  const broker = await brokerProcess(t, source, { AIBROKER_SOCKET_DIR: 'sockets', AIBROKER_SHED_LAG_MS: '0' })
  await (await fetch(`${broker.url}/health`)).arrayBuffer()
  const before = broker.memory()
  const readers = Array.from({ length: READERS }, () => reader(t, join(broker.home, 'sockets', 'rest.sock')))
  const isHeldUp = await Promise.race([
    source.received(READERS).then(() => settled(broker, sent)).then(() => true, () => false),
    sent.flooded.then(() => false)
  ])
  const grown = broker.memory() - before
  t.comment(`${sent.bytes / READERS / MIB} MiB sent of each stream, ${grown / MIB} MiB more memory`)
  t.ok(isHeldUp, `${sent.bytes / READERS} bytes sent of each stream`)
  t.ok(grown < MOST_GROWTH_BYTES, `${grown} bytes more`)
  if (!isHeldUp) return

  const atRest = sent.bytes
  readers[0]?.resume()
  while (sent.bytes < atRest + MOST_SENT_BYTES) await (await fetch(`${broker.url}/health`)).arrayBuffer()
  t.pass('who reads on gets more, and the provider of that one sends more')
  for (const socket of readers) socket.destroy()
  await source.closed(READERS)
})
