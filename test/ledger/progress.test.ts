// What is noted of a stream while it runs: it survives a crash, and never stands in the way of anything else.

import t, { type Test } from 'tap'
import type { AttemptProgress, OrphanPolicy } from '../../src/ledger/ledger.ts'
import { explain } from '../../src/routing/explain.ts'
import { upstreamKey } from '../../src/ledger/sqlite/upstream-key.ts'
import { budgetedBooks } from './budget-books.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { databasePath, sqliteBooks, unrecoveredBooks, type SqliteBooks } from './sqlite-books.ts'

const ALL = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined } as const
const CEILING = 5_000_000n

function seen (changes: Partial<AttemptProgress> = {}): AttemptProgress {
  return {
    deliveredBytes: 4_096, upstreamId: 'gen-up', usage: { input: 90, output: 30, images: 1 }, seenCost: 700_000n, ...changes
  }
}

function attemptsOf ({ reports }: Pick<SqliteBooks, 'reports'>, id: string) {
  const record = reports.exchange(id)
  if (!record) throw new Error('no such exchange')
  return record.attempts
}

t.test('a note is in the open row with the next commit, and the settlement writes over all of it', async (t) => {
  const books = sqliteBooks(t)
  const { ledger } = books
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  ledger.progress(exchange, seen({ deliveredBytes: 1_024 }))
  ledger.progress(exchange, seen())
  await ledger.flush()
  t.match(attemptsOf(books, exchange.id), [{ outcome: undefined, deliveredBytes: 4_096, costNanoUsd: undefined }])
  t.match(books.verify(), { ok: true, open: 1 })

  await ledger.settle(exchange, settlement())
  t.match(attemptsOf(books, exchange.id), [
    { outcome: 'answered', deliveredBytes: undefined, computedNanoUsd: undefined, costNanoUsd: 450_000n }
  ])
  const row = books.reader().sqlite.prepare(`
    SELECT input, output, other_usage, upstream_id, upstream_key FROM attempts`).get()
  t.same(row, { input: 100, output: 20, other_usage: null, upstream_id: null, upstream_key: upstreamKey('chatcmpl-1') })
  t.match(books.verify(), { ok: true, open: 0 })
})

t.test('a note that comes with or after the settlement changes nothing', async (t) => {
  const books = sqliteBooks(t)
  const { ledger } = books
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const settling = ledger.settle(exchange, settlement())
  ledger.progress(exchange, seen())
  await settling
  ledger.progress(exchange, seen())
  await ledger.flush()
  t.match(attemptsOf(books, exchange.id), [{ outcome: 'answered', deliveredBytes: undefined, costNanoUsd: 450_000n }])
  t.match(books.verify(), { ok: true, differences: [] })
})

t.test('a note of an attempt that was followed by another one is in neither of them', async (t) => {
  const books = sqliteBooks(t)
  const { ledger } = books
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const retrying = ledger.retry(exchange, failed(), attemptIntent({ provider: 'groq' }))
  ledger.progress(exchange, seen())
  await retrying
  await ledger.flush()
  t.match(attemptsOf(books, exchange.id), [
    { outcome: 'failed', deliveredBytes: undefined }, { outcome: undefined, deliveredBytes: undefined }
  ])
})

t.test('a note that the schema refuses hurts nobody, itself apart', async (t) => {
  const books = sqliteBooks(t)
  const { ledger } = books
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  ledger.progress(exchange, seen({ deliveredBytes: 0.5 }))
  const neighbour = ledger.open(exchangeIntent(), attemptIntent())
  await t.resolves(neighbour)
  t.equal(ledger.outage, undefined)
  t.match(attemptsOf(books, exchange.id), [{ outcome: undefined, deliveredBytes: undefined }])
})

t.test('a note is neither written nor kept while the store refuses writes', async (t) => {
  const books = sqliteBooks(t)
  const { ledger, database: { sqlite } } = books
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  ledger.progress(exchange, seen())
  sqlite.pragma('query_only = ON')
  await ledger.flush()
  t.equal(ledger.outage, 'the database is read-only')
  ledger.progress(exchange, seen({ deliveredBytes: 9_999 }))
  sqlite.pragma('query_only = OFF')
  t.equal(await ledger.settle(exchange, settlement({ attempt: answered() })), 'committed')
  t.equal(ledger.outage, undefined)
  t.match(books.verify(), { ok: true, open: 0 })
})

async function crashed (t: Test, orphans: OrphanPolicy | undefined, changes: Partial<AttemptProgress> | undefined) {
  const path = databasePath(t)
  const before = budgetedBooks(t, path)
  before.set({ name: 'money', limit: 100_000_000n })
  before.set({ name: 'words', unit: 'tokens', limit: 1_000_000n })
  before.set({ name: 'count', unit: 'requests', limit: 100n })
  const exchange = await before.ledger.open(exchangeIntent({ isStream: true }), attemptIntent({ ceilingTokens: 8_000 }))
  if (changes) before.ledger.progress(exchange, seen(changes))
  await before.ledger.close() // as a kill leaves it: open
  const books = unrecoveredBooks(t, path, orphans ? { orphans } : {})
  t.equal(books.recover(NOON_MS + 60_000), 1)
  t.match(books.verify(), { ok: true, open: 0, differences: [] })
  const [money, words, count] = before.windows()
  t.match([money, words, count].map((window) => window?.reserved), [0n, 0n, 0n], 'nothing stays reserved')
  const [attempt] = attemptsOf(books, exchange.id)
  const record = books.reports.exchange(exchange.id)
  return {
    attempt,
    told: record && explain(record),
    spent: [money?.spent, words?.spent, count?.spent],
    totals: books.reports.usage(ALL).totals
  }
}

for (const orphans of [undefined, 'hold'] as const) {
  t.test(`orphans ${orphans ?? 'by default'}: the bound is booked, and what was seen stays visible beside it`, async (t) => {
    const { attempt, told, spent, totals } = await crashed(t, orphans, {})
    t.match(attempt, {
      outcome: 'orphaned', grade: 'bounded', costNanoUsd: CEILING, deliveredBytes: 4_096, computedNanoUsd: 700_000n
    })
    t.same(spent, [CEILING, 8_000n, 1n], 'budgets count the bounds, in tokens too')
    t.match(totals, { costNanoUsd: CEILING, promptTokens: 90, completionTokens: 30, unpricedRequests: 0 })
    t.match(told?.attempts, [{ delivered_bytes: 4_096, cost_grade: 'bounded', computed_usd: '0.000700000' }])
    t.match(told?.summary, 'The client was sent 4096 bytes.')
  })
}

t.test('orphans estimate: what was seen is booked, and budgets follow', async (t) => {
  const { attempt, spent, totals } = await crashed(t, 'estimate', {})
  t.match(attempt, { outcome: 'orphaned', grade: 'counted', costNanoUsd: 700_000n, deliveredBytes: 4_096 })
  t.same(spent, [700_000n, 120n, 1n])
  t.match(totals, { costNanoUsd: 700_000n })
})

t.test('orphans estimate: never over the bound, and the bound where nothing was noted', async (t) => {
  const above = await crashed(t, 'estimate', { seenCost: CEILING + 1n })
  t.match(above.attempt, { grade: 'bounded', costNanoUsd: CEILING })
  t.same(above.spent, [CEILING, 8_000n, 1n])
  const unseen = await crashed(t, 'estimate', undefined)
  t.match(unseen.attempt, { grade: 'bounded', costNanoUsd: CEILING, deliveredBytes: undefined })
  t.same(unseen.spent, [CEILING, 8_000n, 1n])
})

t.test('orphans estimate: tokens nobody told count by their bound', async (t) => {
  const { attempt, spent } = await crashed(t, 'estimate', { usage: {} })
  t.match(attempt, { grade: 'counted', costNanoUsd: 700_000n })
  t.same(spent, [700_000n, 8_000n, 1n])
})

t.test('orphans release: no cost is booked, the row says that none is known, and budgets get all of it back', async (t) => {
  const { attempt, spent, totals } = await crashed(t, 'release', {})
  t.match(attempt, { outcome: 'released', grade: 'unpriced', costNanoUsd: undefined, deliveredBytes: 4_096 })
  t.same(spent, [0n, 0n, 1n], 'it was a request all the same')
  t.match(totals, { requests: 1, errors: 1, costNanoUsd: 0n, unpricedRequests: 1 })
})
