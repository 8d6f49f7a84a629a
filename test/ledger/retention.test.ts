// Old rows go, whole blocks under their seals; what they add up to stays, and verification knows.

import t, { type Test } from 'tap'
import { FIRST_LOOK_MS } from '../../src/ledger/sqlite/upkeep.ts'
import { createPruner, MOST_PRUNED } from '../../src/ledger/sqlite/retention.ts'
import { createSealer } from '../../src/ledger/sqlite/seals.ts'
import { systemClock } from '../../src/core/clock.ts'
import { ALL } from '../contracts/books.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'
import { tickingClock } from './ticking-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** `count` exchanges from `sinceMs` on, one every ten minutes; every tenth failed over, every seventh failed. */
async function fill ({ ledger, database: { sqlite } }: SqliteBooks, count: number, sinceMs: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const createdAtMs = sinceMs + at * HOUR_MS / 6
    const exchange = await ledger.open(exchangeIntent({ createdAtMs }), attemptIntent({ startedAtMs: createdAtMs }))
    if (at % 10 === 0) await ledger.retry(exchange, failed({ cost: 7n, grade: 'bounded' }), attemptIntent({ startedAtMs: createdAtMs }))
    await ledger.settle(exchange, settlement({ error: at % 7 === 0 ? 'stream_cut' : undefined, attempt: answered() }))
  }
  seal(sqlite)
}

function seal (sqlite: SqliteBooks['database']['sqlite']): void {
  const sealer = createSealer(sqlite)
  while (sealer.next(NOON_MS) > 0) { /* the next block */ }
}

function pruneAll ({ database: { sqlite } }: SqliteBooks, beforeMs: number) {
  const pruner = createPruner(sqlite)
  const expected = pruner.count(beforeMs)
  const sum = { exchanges: 0, attempts: 0 }
  for (let count = pruner.next(beforeMs, NOON_MS); count.exchanges > 0; count = pruner.next(beforeMs, NOON_MS)) {
    if (count.exchanges + count.attempts > MOST_PRUNED) throw new Error('too many for one transaction')
    sum.exchanges += count.exchanges
    sum.attempts += count.attempts
  }
  return { expected, sum }
}

async function filledBooks (t: Test): Promise<SqliteBooks> {
  const books = sqliteBooks(t)
  await fill(books, 1_000, NOON_MS - 10 * DAY_MS)
  return books
}

t.test('rows of old hours go, all they add up to stays', async (t) => {
  const books = await filledBooks(t)
  const before = books.reports.usage(ALL)
  const beforeMs = NOON_MS - 5 * DAY_MS
  const { expected, sum } = pruneAll(books, beforeMs + 59 * 60_000)
  t.same(sum, expected, 'what was counted before is what went')
  const left = books.database.sqlite.prepare('SELECT count(*), min(created_at_ms) FROM exchanges').raw().get() as number[]
  t.equal(sum.exchanges + (left[0] ?? 0), 1_000)
  const isOf = (ms: number | undefined) => ms !== undefined && ms >= beforeMs - 6 * HOUR_MS && ms <= beforeMs
  t.ok(isOf(left[1]), 'up to the hour asked for, but for the block it lies in')
  t.same(books.reports.usage(ALL), before)
  const report = books.verify()
  t.match(report, { ok: true, differences: [], pruned: sum.exchanges, exchanges: left[0], seals: { waiting: 0 } })
})

t.test('nothing younger goes, and a second time nothing at all', async (t) => {
  const books = await filledBooks(t)
  t.same(pruneAll(books, NOON_MS - 11 * DAY_MS).sum, { exchanges: 0, attempts: 0 })
  t.ok(pruneAll(books, NOON_MS - 5 * DAY_MS).sum.exchanges > 0)
  t.same(pruneAll(books, NOON_MS - 5 * DAY_MS).sum, { exchanges: 0, attempts: 0 })
  const { database: { sqlite } } = books
  t.equal(sqlite.prepare('SELECT count(*) FROM exchanges WHERE created_at_ms >= ?').pluck().get(NOON_MS - 5 * DAY_MS),
    1_000 - 720)
})

t.test('all of it can go, and the ledger goes on', async (t) => {
  const books = await filledBooks(t)
  t.equal(pruneAll(books, NOON_MS).sum.exchanges, 1_000)
  t.equal(books.database.sqlite.prepare('SELECT count(*) FROM attempts').pluck().get(), 0)
  t.match(books.verify(), { ok: true, exchanges: 0, pruned: 1_000 })
  await fill(books, 50, NOON_MS)
  t.match(books.verify(), { ok: true, exchanges: 50, pruned: 1_000, seals: { waiting: 0 } })
  t.equal(books.reports.usage(ALL).totals.requests, 1_050)
})

t.test('after all rows went, a new process gives out new ids', async (t) => {
  const books = await filledBooks(t)
  pruneAll(books, NOON_MS)
  await books.ledger.close()
  const later = sqliteBooks(t, books.path)
  await fill(later, 20, NOON_MS)
  t.match(later.verify(), { ok: true, exchanges: 20, pruned: 1_000 })
})

t.test('what is open or not sealed stays', async (t) => {
  const books = sqliteBooks(t)
  await books.ledger.open(exchangeIntent(), attemptIntent())
  await fill(books, 30, NOON_MS)
  t.same(pruneAll(books, NOON_MS + DAY_MS).sum, { exchanges: 0, attempts: 0 })
  t.match(books.verify(), { ok: true, exchanges: 31, seals: { waiting: 30 } })
})

t.test('rows that are not what was sealed are evidence and stay', async (t) => {
  const books = await filledBooks(t)
  const { sqlite } = books.database
  sqlite.exec('UPDATE attempts SET cost_nano_usd = cost_nano_usd - 1 WHERE id = 300 * 256 + 1')
  t.throws(() => pruneAll(books, NOON_MS), { name: 'PruneRefusal', message: /under seal \d+/ })
  t.equal(sqlite.prepare('SELECT count(*) FROM attempts WHERE id = 300 * 256 + 1').pluck().get(), 1)
  t.ok(books.verify().differences.some(({ first }) => first === 'attempt 1 of exchange 300'))
})

const PLANTED: ReadonlyArray<readonly [what: string, sql: string, damage: string, first: RegExp]> = [
  ['an hourly sum whose rows went', 'UPDATE usage_hourly SET cost_nano_usd = cost_nano_usd - 1 WHERE hour = (SELECT min(hour) FROM usage_hourly)',
    'cost_differs', /^before 2026-11-16T.*: costNanoUsd is/],
  ['an hour whose rows went', 'DELETE FROM usage_hourly WHERE hour = (SELECT min(hour) FROM usage_hourly)', 'not_counted', /exchanges is/],
  ['a row put back', `INSERT INTO exchanges (id, created_at_ms, tag, ip, key, task, is_stream, requested_model, plan, status)
    VALUES (3, 0, '', 0, 0, 0, 0, 0, 1, 200)`, 'row_slipped_in', /^exchange 3$/],
  ['a hash that took the place of digests', 'UPDATE seals SET digests = randomblob(32) WHERE id = (SELECT id FROM seals WHERE length(digests) = 32 LIMIT 1)',
    'seal_broken', /^seal \d+$/],
  ['the mark of what was pruned', "UPDATE marks SET value = value + 32 WHERE name = 'pruned_below'", 'seal_missing', /pruned_below/],
  ['rows deleted without a word', 'DELETE FROM exchanges WHERE id = (SELECT min(id) FROM exchanges)', 'sealed_row_missing', /^exchange \d+$/]
]

for (const [what, sql, damage, first] of PLANTED) {
  t.test(`after pruning, verification finds ${what}`, async (t) => {
    const books = await filledBooks(t)
    pruneAll(books, NOON_MS - 5 * DAY_MS)
    books.database.sqlite.exec(sql)
    t.match(books.verify().differences.find(({ name }) => name === damage), { first })
  })
}

t.test('a running broker sweeps by itself what is too old', async (t) => {
  const path = (await filledBooks(t)).path
  const clock = tickingClock()
  const now = { ...clock, nowMs: () => NOON_MS, get waiting () { return clock.waiting } }
  const books = sqliteBooks(t, `${path}-2`, NOON_MS, { clock: now, keepMs: 5 * DAY_MS })
  await fill(books, 1_000, NOON_MS - 10 * DAY_MS)
  const rows = () => Number(books.database.sqlite.prepare('SELECT count(*) FROM exchanges').pluck().get())
  t.equal(rows(), 1_000, `nothing in the first ${FIRST_LOOK_MS} ms`)
  await clock.tick()
  t.ok(rows() < 1_000 && rows() > 700, 'a few at a time')
  for (let steps = 0; steps < 5; steps++) await clock.tick()
  t.ok(rows() >= 280 && rows() <= 312, `${rows()} are left`)
  t.equal(clock.waiting, 1, 'and looks again later')
  await books.ledger.close()
  t.equal(clock.waiting, 0)
})

t.test('without a limit nothing is swept', async (t) => {
  const clock = tickingClock()
  sqliteBooks(t, undefined, NOON_MS, { clock: { ...systemClock, after: clock.after } })
  t.equal(clock.waiting, 0)
})
