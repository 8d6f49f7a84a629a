// OpenRouter's dialect, check 54: two hundred streams at once, and readers that do not read.
//
// What is asked here is the memory of the broker, in a process of its own. That the provider of a stream is held up,
// however much it has to say, is asked of fifty in test/plugins/slow-readers.test.ts.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { brokerProcess, type BrokerProcess } from '../broker-process.ts'
import { provider } from '../upstreams.ts'
import { chunks, DONE, piece } from './scene.ts'

const READERS = 200
const MIB = 1_024 * 1_024
/** Of one stream, more than a Unix socket holds: what does not fit stays with the provider, or in memory. */
const STREAM_BYTES = MIB
const EVENT_BYTES = 32_768
/** Two hundred MiB are on their way; measured at 70. */
const MOST_GROWTH_BYTES = 140 * MIB
/** Answers of the broker, one turn of its loop each: enough for it to read a whole stream that it may read. */
const TURNS = 60

const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })

function reader (t: Test, path: string): Socket {
  const socket = connect(path).pause()
  t.teardown(() => { socket.destroy() })
  socket.on('error', () => {})
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`)
  return socket
}

/** What a reader gets that reads on: how much, and whether it was whole. */
async function readOn (socket: Socket): Promise<{ readonly bytes: number, readonly isWhole: boolean }> {
  let bytes = 0
  for await (const block of socket as AsyncIterable<Buffer>) {
    bytes += block.length
    if (block.includes('data: [DONE]')) return { bytes, isWhole: true }
  }
  return { bytes, isWhole: false }
}

async function turns ({ url }: BrokerProcess, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await (await fetch(`${url}/health`)).arrayBuffer()
}

t.test('54: two hundred streams that nobody reads are not held in memory, and are whole for who reads on', async (t) => {
  const words = Array.from({ length: STREAM_BYTES / EVENT_BYTES }, () => piece({ content: 'x'.repeat(EVENT_BYTES) }))
  const source = await provider(t, chunks(...words, piece({}, 'stop'), DONE))
  const broker = await brokerProcess(t, source, {
    AIBROKER_SOCKET_DIR: 'sockets', AIBROKER_SHED_LAG_MS: '0', AIBROKER_WRITE_STALL_MS: '0'
  })
  await turns(broker, 1)
  const before = broker.memory()
  const readers = Array.from({ length: READERS }, () => reader(t, join(broker.home, 'sockets', 'rest.sock')))
  await source.received(READERS)
  await turns(broker, TURNS)
  const grown = broker.memory() - before
  t.ok(grown < MOST_GROWTH_BYTES, `${Math.round(grown / MIB)} MiB more`)
  for (const socket of readers.slice(0, 3)) {
    const { bytes, isWhole } = await readOn(socket)
    t.ok(isWhole && bytes > STREAM_BYTES, `${bytes} bytes`)
  }
})
