// A broker that is killed in the middle of a stream leaves what was seen of it behind.

import { join } from 'node:path'
import t from 'tap'
import { explain } from '../../src/routing/explain.ts'
import { brokerProcess } from '../broker-process.ts'
import { NOON_MS } from '../ledger/samples.ts'
import { unrecoveredBooks } from '../ledger/sqlite-books.ts'
import { look } from '../promises/observe.ts'
import { provider } from '../upstreams.ts'
import { ROLE, say } from './by-hand.ts'
import { Caller } from './caller.ts'

const DELIVERED = 'SELECT delivered_bytes FROM attempts'
const EVERY_MS = 20

t.test('kill -9 in the middle of a stream: the row is at its bound, with the bytes and the cost that were seen', async (t) => {
  const upstream = await provider(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(ROLE)
    const writing = setInterval(() => { response.write(say('word ')) }, EVERY_MS)
    response.on('close', () => { clearInterval(writing) })
  })
  const broker = await brokerProcess(t, upstream)
  const caller = new Caller(`${broker.url}/v1/chat/completions`, { body: { max_tokens: 1_000_000 } })
  const noted = () => look(broker.home, (sqlite) => sqlite.prepare<[], number | null>(DELIVERED).pluck().get())
  while (!noted()) await new Promise((resolve) => { setTimeout(resolve, EVERY_MS) }) // until the second is over
  const seenBytes = Number(noted())
  broker.signal('SIGKILL')
  await broker.ended
  await caller.ended

  const books = unrecoveredBooks(t, join(broker.home, 'aibroker.db'))
  t.equal(books.recover(NOON_MS), 1)
  const record = books.reports.exchange(String(caller.headers['x-generation-id']))
  const [attempt] = record ? explain(record).attempts : []
  t.match(attempt, { outcome: 'orphaned', cost_grade: 'bounded' })
  t.ok(Number(attempt?.delivered_bytes) >= seenBytes)
  t.ok(Number(attempt?.delivered_bytes) <= Buffer.byteLength(caller.raw), 'never more than the client got')
  t.ok(Number(attempt?.computed_usd) < Number(attempt?.cost_usd))
  t.match(books.verify(), { ok: true, open: 0 })
})
