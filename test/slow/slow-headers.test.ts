// L6: clients that send their request a byte at a time, beside others that want to be served.

import t from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { brokerProcess } from '../broker-process.ts'
import { chatJson, provider } from '../upstreams.ts'
import { percentile, spread } from './figures.ts'
import { load, type Answered } from './load.ts'

const SLOW = 2_000
const LIMIT_MS = 10_000
const BYTE_EVERY_MS = 1_000
const TICK_MS = 5
const NORMAL = { perSecond: 100, seconds: 10, patienceMs: 5_000 }

const HEAD = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'x'.repeat(1_000)}`

t.test(`${SLOW} clients that send headers byte by byte are closed within ${LIMIT_MS} ms, unnoticed`, async (t) => {
  const broker = await brokerProcess(t, await provider(t, chatJson()))
  await load(broker, { ...NORMAL, seconds: 2 })
  const before = await load(broker, NORMAL)

  const openMs: number[] = []
  const statuses: string[] = []
  const slow = Array.from({ length: SLOW }, (_, index) => index)
  const clients = slow.map(async (index) => {
    await wait(index * BYTE_EVERY_MS / SLOW) // spread, so that their bytes do not come in one burst
    const sinceMs = performance.now()
    const socket = connect(broker.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.once('data', (chunk) => { statuses.push(chunk.toString('latin1').slice(9, 12)) })
    const closed = once(socket, 'close')
    let sent = 0
    const timer = setInterval(() => { socket.write(HEAD.charAt(sent++)) }, BYTE_EVERY_MS)
    await closed
    clearInterval(timer)
    openMs.push(performance.now() - sinceMs)
  })
  const during = await load(broker, NORMAL)
  await Promise.all(clients)
  await wait(TICK_MS)

  const tookOf = (answers: readonly Answered[]) => answers.map(({ tookMs }) => tookMs)
  const [calm, attacked] = [tookOf(before), tookOf(during)]
  t.comment(`open for ${spread(openMs)}; normal requests before ${spread(calm)}, meanwhile ${spread(attacked)}`)
  t.equal(openMs.length, SLOW)
  t.ok(Math.max(...openMs) <= LIMIT_MS, 'all are closed in time')
  t.same(new Set(statuses), new Set(['408']), 'and told why')
  t.same(new Set(during.map(({ status }) => status)), new Set([200]), 'every normal request is served')
  // Ten per cent of a millisecond is noise of the machine; five milliseconds are not.
  t.ok(percentile(attacked, 0.99) <= Math.max(percentile(calm, 0.99) * 1.1, percentile(calm, 0.99) + 5), 'as quickly as before')
})
