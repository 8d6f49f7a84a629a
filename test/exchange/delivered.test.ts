// Of a stream that does not come to its end the books tell how much of it the client was sent, and explain says so.

import t from 'tap'
import { explain } from '../../src/routing/explain.ts'
import { createReports } from '../../src/ledger/sqlite/reports.ts'
import { look } from '../promises/observe.ts'
import { chatSse, streamed } from '../upstreams.ts'
import { frameOf } from '../upstreams/frames.ts'
import { timed, type Timed } from './timed.ts'

const TEXT = frameOf({ id: 'c', choices: [{ index: 0, delta: { content: 'Hel' }, finish_reason: null }] })
const FOREVER = { gapBetween: (at: number) => at === 0 ? undefined : new Promise<void>(() => {}) }
const isOpen = () => streamed([TEXT, TEXT, TEXT], FOREVER)

function explained (play: Timed, id: string) {
  const exchange = look(play.broker.home, (sqlite) => createReports(sqlite).exchange(id))
  if (!exchange) throw new Error('no such exchange')
  return explain(exchange)
}

t.test('a client that leaves a stream: the row says how many bytes it was sent, and what they may have cost', async (t) => {
  const play = await timed(t, [isOpen()])
  const caller = await play.ask()
  const { length } = Buffer.from(caller.raw)
  t.ok(length > 0)
  caller.leave()
  await play.holds(t, [{ status: 499, error: 'client_gone', outcomes: ['abandoned'] }])
  const told = explained(play, String(caller.headers['x-generation-id']))
  t.match(told.attempts, [{ delivered_bytes: length, cost_grade: 'bounded' }])
  t.match(told.summary, `The client was sent ${length} bytes.`)
})

t.test('a stream that breaks: its own bytes count, not those of the error event behind them', async (t) => {
  const play = await timed(t, [streamed([TEXT, TEXT])])
  const caller = await play.ask()
  await play.until(caller.ended)
  const told = explained(play, String(caller.headers['x-generation-id']))
  t.equal(told.attempts[0]?.delivered_bytes, caller.raw.lastIndexOf('data: '))
})

t.test('a whole answer has no such figure', async (t) => {
  const play = await timed(t, [chatSse()])
  const caller = await play.ask()
  await play.until(caller.ended)
  t.match(explained(play, String(caller.headers['x-generation-id'])).attempts, [{ delivered_bytes: null }])
})
