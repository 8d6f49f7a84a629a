// R6: two hundred clients read nothing of streams that never end and never rest.

import t from 'tap'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { brokerProcess } from '../broker-process.ts'
import { provider } from '../upstreams.ts'
import { firehose } from '../upstreams/firehose.ts'
import { mib } from './figures.ts'

const READERS = 200
const SECONDS = 20
const MOST_BYTES = 150 * 1_024 * 1_024

const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] })

t.test(`${READERS} stalled readers for ${SECONDS} s cost ${mib(MOST_BYTES)} MiB at the most, and then they are cut`, async (t) => {
  let sent = 0
  const source = await provider(t, firehose((bytes) => { sent += bytes }))
  const broker = await brokerProcess(t, source, {
    AIBROKER_WRITE_STALL_MS: String(SECONDS * 1_000), AIBROKER_SHED_LAG_MS: '0'
  })
  await (await fetch(`${broker.url}/health`)).arrayBuffer()
  const before = broker.memory()
  for (let count = 0; count < READERS; count++) {
    const socket = connect(broker.port, '127.0.0.1').pause()
    t.teardown(() => { socket.destroy() })
    socket.on('error', () => {})
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${BODY.length}\r\n\r\n${BODY}`)
  }
  await source.received(READERS)
  let most = 0
  const closed = source.closed(READERS).then(() => true)
  do most = Math.max(most, broker.memory())
  while (!await Promise.race([closed, wait(50, false)]))
  t.comment(`${mib(sent)} MiB sent; memory ${mib(before)} MiB before, ${mib(most)} MiB at the most`)
  t.ok(most - before <= MOST_BYTES, `${mib(most - before)} MiB more`)
  while (broker.books().open > 0) await wait(50)
  t.equal(new Set(broker.books().rows.map(({ status, error }) => `${status} ${error}`)).size, 1)
  t.match(broker.books().rows[0], { status: 499, error: 'client_gone' })
})
