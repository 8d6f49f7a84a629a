// While the store refuses writes: settlements are kept and committed exactly once, everything else is refused at once.

import t, { type Test } from 'tap'
import Database from 'better-sqlite3'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { databasePath, sqliteBooks, unrecoveredBooks } from './sqlite-books.ts'
import { tickingClock } from './ticking-clock.ts'

const ALL = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined } as const

function books (t: Test) {
  const clock = tickingClock()
  const alarms: Array<{ message: string, error: Error | undefined }> = []
  const alarm = (message: string, error?: Error) => { alarms.push({ message, error }) }
  return { ...sqliteBooks(t, databasePath(t), NOON_MS, { clock, alarm }), clock, alarms }
}

/** Another program in the middle of a long write; call the result to end it. */
function hold (t: Test, path: string): () => void {
  const holder = new Database(path)
  t.teardown(() => { holder.close() })
  holder.exec('BEGIN IMMEDIATE')
  return () => { holder.exec('ROLLBACK') }
}

t.test('a settlement is kept while another program holds the database, and the timer commits it once', async (t) => {
  const { ledger, path, reports, clock, alarms, verify } = books(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const release = hold(t, path)
  t.equal(await ledger.settle(exchange, settlement()), 'kept')
  t.equal(ledger.outage, 'another program holds the database')
  await t.rejects(ledger.settle(exchange, settlement()), /settled already/, 'a kept settlement is one')
  await t.rejects(ledger.open(exchangeIntent(), attemptIntent()), { code: 'ledger_unavailable' })

  await clock.tick()
  t.equal(reports.exchange(exchange.id)?.status, undefined, 'tried in vain')
  t.equal(clock.waiting, 1, 'and will be again')
  release()
  await clock.tick()
  t.equal(ledger.outage, undefined)
  t.equal(clock.waiting, 0)
  t.match(reports.exchange(exchange.id), { status: 200, attempts: [{ costNanoUsd: 450_000n, grade: 'reported' }] })
  t.match(reports.usage(ALL).totals, { requests: 1, costNanoUsd: 450_000n })
  t.match(verify(), { ok: true, exchanges: 1, open: 0 })
  t.match(alarms.map(({ message }) => message), [/cannot be written: another program/, /can be written again/])
  t.equal(alarms.length, 2, 'once per outage')
})

t.test('the next batch takes the kept settlements with it', async (t) => {
  const { ledger, path, reports, clock, verify } = books(t)
  const opened = await Promise.all(Array.from({ length: 1_500 }, () => ledger.open(exchangeIntent(), attemptIntent())))
  const release = hold(t, path)
  const results = await Promise.all(opened.map((exchange) => ledger.settle(exchange, settlement())))
  t.same(new Set(results), new Set(['kept']))
  release()
  const later = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.settle(later, settlement())
  await ledger.flush()
  t.equal(clock.waiting, 0)
  t.match(reports.usage(ALL).totals, { requests: 1_501, costNanoUsd: 1_501n * 450_000n })
  t.match(verify(), { ok: true, exchanges: 1_501, open: 0 })
})

t.test('closing tries once more', async (t) => {
  const path = databasePath(t)
  const clock = tickingClock()
  const { ledger } = sqliteBooks(t, path, NOON_MS, { clock, alarm () {} })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const release = hold(t, path)
  t.equal(await ledger.settle(exchange, settlement()), 'kept')
  release()
  await ledger.close()
  t.equal(clock.waiting, 0)
  const { reports, recover } = unrecoveredBooks(t, path)
  t.equal(recover(NOON_MS), 0)
  t.match(reports.exchange(exchange.id), { status: 200, attempts: [{ costNanoUsd: 450_000n }] })
})

t.test('what cannot be written when the ledger is closed is told, and the next start books its bound', async (t) => {
  const path = databasePath(t)
  const alarms: string[] = []
  const alarm = (message: string) => { alarms.push(message) }
  const { ledger } = sqliteBooks(t, path, NOON_MS, { clock: tickingClock(), alarm })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const release = hold(t, path)
  await ledger.settle(exchange, settlement())
  await ledger.close()
  t.match(alarms, [/cannot be written/, /^1 ended exchanges could not be written/])
  release()
  const { reports, recover } = unrecoveredBooks(t, path)
  t.equal(recover(NOON_MS), 1)
  t.match(reports.exchange(exchange.id), { attempts: [{ costNanoUsd: 5_000_000n, grade: 'bounded' }] })
})

t.test('a full disk: the ledger stays out until a request would fit again, though nobody asks for one', async (t) => {
  const { ledger, database: { sqlite }, clock } = books(t)
  sqlite.pragma(`max_page_count = ${Number(sqlite.pragma('page_count', { simple: true }))}`)
  const large = exchangeIntent({ plan: 'x'.repeat(20_000) })
  await t.rejects(ledger.open(large, attemptIntent()), { code: 'ledger_unavailable' })
  t.equal(ledger.outage, 'the disk is full')
  await clock.tick()
  t.equal(ledger.outage, 'the disk is full')
  sqlite.pragma('max_page_count = 1000000')
  await clock.tick()
  t.equal(ledger.outage, undefined)
  t.equal(sqlite.prepare('SELECT count(*) FROM plans').pluck().get(), 0, 'the probe leaves nothing')
  t.ok(await ledger.open(large, attemptIntent()))
})

t.test('a full disk keeps the settlements and books what was told', async (t) => {
  const { ledger, database: { sqlite }, clock, reports, verify } = books(t)
  const first = await ledger.open(exchangeIntent(), attemptIntent())
  const second = await ledger.open(exchangeIntent(), attemptIntent())
  sqlite.pragma(`max_page_count = ${Number(sqlite.pragma('page_count', { simple: true }))}`)
  const outcomes = await Promise.allSettled([
    ledger.settle(first, settlement()),
    ledger.retry(second, failed(), attemptIntent()),
    ledger.open(exchangeIntent({ plan: 'x'.repeat(20_000) }), attemptIntent())
  ])
  t.match(outcomes, [{ value: 'kept' }, { status: 'rejected' }, { status: 'rejected' }])
  sqlite.pragma('max_page_count = 1000000')
  await clock.tick()
  t.match(reports.exchange(first.id), { status: 200, attempts: [{ costNanoUsd: 450_000n }] })
  t.match(reports.exchange(second.id)?.attempts, [{ outcome: undefined }], 'a retry is not kept')
  await ledger.settle(second, settlement())
  t.match(verify(), { ok: true, exchanges: 2, open: 0 })
})

t.test('a kept settlement that turns out unwritable is told, and its neighbours are booked', async (t) => {
  const { ledger, path, alarms, clock, reports } = books(t)
  const [bad, good] = await Promise.all([
    ledger.open(exchangeIntent(), attemptIntent()), ledger.open(exchangeIntent(), attemptIntent())
  ])
  const release = hold(t, path)
  t.equal(await ledger.settle(bad, settlement({ attempt: answered({ usage: { input: 1.5 } }) })), 'kept')
  t.equal(await ledger.settle(good, settlement()), 'kept')
  release()
  await clock.tick()
  t.equal(reports.exchange(good.id)?.status, 200)
  t.equal(reports.exchange(bad.id)?.status, undefined)
  t.ok(alarms.some(({ message }) => message.includes(`exchange ${bad.id} could not be settled`)))
  t.equal(await ledger.settle(bad, settlement()), 'committed', 'and can be settled again')
})
