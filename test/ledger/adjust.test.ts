// Attempts without a price get their cost later, by entries of their own, and every sum follows.

import t, { type Test } from 'tap'
import type { BudgetTerms } from '../../src/budgets/budget.ts'
import type { Repricing } from '../../src/ledger/adjustment.ts'
import { createAdjuster, MOST_ADJUSTED } from '../../src/ledger/sqlite/adjust.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { createPruner } from '../../src/ledger/sqlite/retention.ts'
import { HOUR_MS } from '../../src/ledger/sqlite/rollup.ts'
import { createSpans } from '../../src/ledger/sqlite/reports-spans.ts'
import { createSealer } from '../../src/ledger/sqlite/seals.ts'
import { explain } from '../../src/routing/explain.ts'
import { budgetedBooks, type BudgetedBooks } from './budget-books.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { databasePath, unrecoveredBooks } from './sqlite-books.ts'

const LATER_MS = NOON_MS + 7_200_000
const BY_MODEL = { by: 'model', sinceMs: undefined, untilMs: undefined, ip: undefined } as const
const EVERYTHING = { sinceMs: undefined, model: undefined }
const UNPRICED = answered({ cost: undefined, grade: 'unpriced' })

const intent = attemptIntent({ ceiling: undefined, priceVersion: undefined, isUnmetered: true })

function repricing (attempt: number, changes: Partial<Repricing> = {}): Repricing {
  return {
    attempt,
    cost: 300_000n,
    grade: 'reported',
    priceVersion: 'fedcba9876543210',
    priceDocument: '{"a":"price"}',
    lineItems: 'input:100:100000;output:20:200000',
    ...changes
  }
}

/** A ledger that stays open, as a running broker has it, and an adjuster on a connection of its own beside it. */
function bothBooks (t: Test, terms: ReadonlyArray<Partial<BudgetTerms>> = []) {
  const path = databasePath(t)
  const books = budgetedBooks(t, path)
  for (const changes of terms) books.set({ limit: 1_000_000_000n, ...changes })
  const guest = openDatabase(path, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  return { ...books, adjuster: createAdjuster(guest.sqlite) }
}

async function unpriced ({ ledger }: Pick<BudgetedBooks, 'ledger'>, model = 'gpt-4o', createdAtMs = NOON_MS) {
  const attempt = { ...intent, startedAtMs: createdAtMs + 2, model }
  const exchange = await ledger.open(exchangeIntent({ createdAtMs }), attempt)
  await ledger.settle(exchange, settlement({ attempt: UNPRICED }))
  return exchange
}

t.test('an attempt gets its cost once, and row, hours, budgets and verify go together', async (t) => {
  const books = bothBooks(t, [
    { name: 'all' }, { name: 'model', scope: { kind: 'model', value: 'gpt-4o' } },
    { name: 'other', scope: { kind: 'model', value: 'other' } }, { name: 'words', unit: 'tokens' },
    { name: 'count', unit: 'requests' }
  ])
  const { adjuster, reports, verify, windows } = books
  const { id, row } = await unpriced(books)
  const sealer = createSealer(books.database.sqlite)
  while (sealer.next(NOON_MS) > 0) { /* the next block */ }
  t.match(reports.usage(BY_MODEL).totals, { costNanoUsd: 0n, unpricedRequests: 1 })
  t.same(adjuster.unpriced(EVERYTHING, 0), [{
    id: row * 256 + 1,
    task: 'chat',
    provider: 'openai',
    model: 'gpt-4o',
    modelId: intent.modelId,
    startedAtMs: NOON_MS + 2,
    usage: UNPRICED.usage
  }])

  const before = windows()
  const wanted = [repricing(row * 256 + 1)]
  t.same(adjuster.reprice(wanted, 'a test', LATER_MS), wanted)
  t.same(adjuster.reprice(wanted, 'a test', LATER_MS), [], 'never twice')
  t.same(adjuster.unpriced(EVERYTHING, 0), [])

  t.match(reports.usage(BY_MODEL).totals, { requests: 1, costNanoUsd: 300_000n, unpricedRequests: 0 })
  const spent = Object.fromEntries(windows().map(({ name, spent }) => [name, spent]))
  const others = Object.fromEntries(before.map(({ name, spent }) => [name, spent]))
  t.same(spent, { ...others, all: 300_000n, model: 300_000n })
  t.match(verify(), { ok: true, differences: [], costNanoUsd: 300_000n }, 'the sealed row is as it was')
  t.match(books.database.sqlite.prepare('SELECT cost_nano_usd AS cost FROM attempts').get(), { cost: null })
  t.same(books.database.sqlite.prepare('SELECT version, document FROM prices').all(),
    [{ version: 'fedcba9876543210', document: '{"a":"price"}' }])

  const record = reports.exchange(id)
  const told = record && explain(record)
  t.match(told, { cost_usd: '0.000300000', unpriced_attempts: 0 })
  t.match(told?.attempts, [{
    cost_usd: '0.000300000',
    cost_grade: 'reported',
    price_version: 'fedcba9876543210',
    line_items: [{ kind: 'input', count: 100, cost_usd: '0.000100000' }, { kind: 'output', count: 20 }],
    adjustments: [{
      kind: 'repriced', at: new Date(LATER_MS).toISOString(), difference_usd: '0.000300000', source: 'a test'
    }]
  }])
  t.match(books.database.sqlite.prepare('SELECT cost_usd, cost_grade FROM request_logs').all(),
    [{ cost_usd: '0.000300000', cost_grade: 'reported' }])
  while (sealer.next(LATER_MS) > 0) { /* the next block */ }
  t.match(verify(), { ok: true, differences: [] })
})

t.test('the running ledger beside it goes on from the corrected sums', async (t) => {
  const books = bothBooks(t, [{ name: 'all', limit: 1_000_000n }])
  const { adjuster, ledger, reports, verify, windows } = books
  const { row } = await unpriced(books)
  adjuster.reprice([repricing(row * 256 + 1, { cost: 600_000n })], 'a test', LATER_MS)
  await t.rejects(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 500_000n })), { code: 'budget_exceeded' })
  const fits = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 400_000n }))
  await ledger.settle(fits, settlement({ attempt: answered({ cost: 400_000n }) }))
  t.match(windows(), [{ spent: 1_000_000n, reserved: 0n }])
  t.match(reports.usage(BY_MODEL).totals, { costNanoUsd: 1_000_000n, unpricedRequests: 0 })
  t.match(verify(), { ok: true, differences: [] })
})

t.test('a request with two attempts without a price counts as unpriced until both have one', async (t) => {
  const books = bothBooks(t, [{ name: 'model', scope: { kind: 'model', value: 'first' } }])
  const { adjuster, ledger, reports, verify, windows } = books
  const exchange = await ledger.open(exchangeIntent(), { ...intent, model: 'first' })
  await ledger.retry(exchange, { ...UNPRICED, outcome: 'cut' }, { ...intent, provider: 'groq', model: 'second' })
  await ledger.settle(exchange, settlement({ attempt: UNPRICED }))
  const [first, second] = adjuster.unpriced(EVERYTHING, 0)
  adjuster.reprice([repricing(first?.id ?? 0)], 'a test', LATER_MS)
  t.match(reports.usage(BY_MODEL).rows, [
    { group: 'first', costNanoUsd: 300_000n, requests: 0 }, { group: 'second', costNanoUsd: 0n, unpricedRequests: 1 }
  ])
  t.match(verify(), { ok: true, differences: [] })
  adjuster.reprice([repricing(second?.id ?? 0, { cost: 1n })], 'a test', LATER_MS)
  t.match(reports.usage(BY_MODEL).rows, [{ group: 'first' }, { group: 'second', costNanoUsd: 1n, unpricedRequests: 0 }])
  t.match(windows(), [{ name: 'model', spent: 300_000n }], 'the second one is none of this budget\'s business')
  t.match(verify(), { ok: true, differences: [] })
})

t.test('a span over the hour is not read any more, and is made again with the corrected sum', async (t) => {
  const books = bothBooks(t)
  const { adjuster, reports, verify, database: { sqlite } } = books
  const spans = createSpans(sqlite)
  const { row } = await unpriced(books)
  const hourNow = NOON_MS / HOUR_MS + 24 * 60
  while (spans.makeNext(hourNow)) { /* the next span */ }
  const listed = sqlite.prepare('SELECT count(*) FROM usage_span_list').pluck()
  t.ok(Number(listed.get()) > 0)
  adjuster.reprice([repricing(row * 256 + 1)], 'a test', LATER_MS)
  t.equal(listed.get(), 0)
  t.match(reports.usage(BY_MODEL).totals, { costNanoUsd: 300_000n, unpricedRequests: 0 })
  while (spans.makeNext(hourNow)) { /* the next span */ }
  t.match(reports.usage(BY_MODEL).totals, { costNanoUsd: 300_000n, unpricedRequests: 0 })
  t.match(verify(), { ok: true, differences: [] })
})

t.test('what was pruned since keeps its correction in the sums', async (t) => {
  const books = bothBooks(t)
  const { adjuster, reports, verify, database: { sqlite } } = books
  const { row } = await unpriced(books)
  await unpriced(books, 'young', NOON_MS + 48 * HOUR_MS)
  adjuster.reprice([repricing(row * 256 + 1)], 'a test', LATER_MS)
  const sealer = createSealer(sqlite)
  while (sealer.next(LATER_MS) > 0) { /* the next block */ }
  await unpriced(books, 'young', NOON_MS + 48 * HOUR_MS)
  const pruner = createPruner(sqlite)
  pruner.next(NOON_MS + 96 * HOUR_MS, LATER_MS)
  t.match(verify(), { ok: true, pruned: 2, differences: [] })
  t.match(reports.usage(BY_MODEL).totals, { requests: 3, costNanoUsd: 300_000n, unpricedRequests: 2 })
})

t.test('what is asked for: since when, which model, and only settled attempts that somebody saw the end of', async (t) => {
  const path = databasePath(t)
  const books = budgetedBooks(t, path)
  const { ledger } = books
  await unpriced(books, 'old', NOON_MS - HOUR_MS)
  await unpriced(books, 'new')
  const priced = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.settle(priced, settlement())
  const none = await ledger.open(exchangeIntent(), intent)
  await ledger.settle(none, settlement({ attempt: failed() }))
  await ledger.open(exchangeIntent(), intent)
  await ledger.close()
  const again = unrecoveredBooks(t, path)
  again.recover(LATER_MS)
  const adjuster = createAdjuster(again.database.sqlite)
  const models = (query: Parameters<typeof adjuster.unpriced>[0], after = 0) =>
    adjuster.unpriced(query, after).map(({ model }) => model)
  t.same(models(EVERYTHING), ['old', 'new'])
  t.same(models({ sinceMs: NOON_MS, model: undefined }), ['new'])
  t.same(models({ sinceMs: undefined, model: 'old' }), ['old'])
  t.same(models(EVERYTHING, adjuster.unpriced(EVERYTHING, 0)[0]?.id), ['new'])
})

t.test('attempts come a limited number at a time; what cannot be booked takes nothing with it', async (t) => {
  const books = bothBooks(t)
  const { adjuster, verify, reports } = books
  for (let made = 0; made <= MOST_ADJUSTED; made++) await unpriced(books)
  const found = adjuster.unpriced(EVERYTHING, 0)
  t.equal(found.length, MOST_ADJUSTED)
  const [absurd, fine] = [repricing(found[0]?.id ?? 0, { cost: 10n ** 18n }), repricing(found[1]?.id ?? 0)]
  t.same(adjuster.reprice([absurd, repricing(999_999), fine], 'a test', LATER_MS), [fine])
  t.match(reports.usage(BY_MODEL).totals, { costNanoUsd: 300_000n, unpricedRequests: MOST_ADJUSTED })
  t.match(verify(), { ok: true, differences: [] })
})

t.test('verify finds an adjustment that was changed, taken away, or belongs to nothing', async (t) => {
  const books = bothBooks(t)
  const { adjuster, verify, database: { sqlite } } = books
  const { row } = await unpriced(books)
  adjuster.reprice([repricing(row * 256 + 1)], 'a test', LATER_MS)
  sqlite.exec('UPDATE adjustments SET cost_nano_usd = cost_nano_usd - 1')
  t.match(verify().differences.map(({ name }) => name), ['cost_differs'])
  sqlite.exec('UPDATE adjustments SET cost_nano_usd = cost_nano_usd + 1, attempt = attempt + 256')
  t.same(new Set(verify().differences.map(({ name }) => name)), new Set(['cost_differs', 'sums_differ', 'unknown_reference']))
  sqlite.exec('DELETE FROM adjustments')
  t.same(new Set(verify().differences.map(({ name }) => name)), new Set(['cost_differs', 'sums_differ']))
})

t.test('a bound that no number holds is taken back to the last nano-USD', async (t) => {
  const bound = 9_007_199_254_740_993n
  const books = bothBooks(t, [{ name: 'all', limit: 2n * bound }])
  const exchange = await books.ledger.open(exchangeIntent(), attemptIntent({ ceiling: bound }))
  await books.ledger.settle(exchange, settlement({ attempt: UNPRICED }))
  t.match(books.windows(), [{ spent: bound }])
  t.equal(books.adjuster.reprice([repricing(exchange.row * 256 + 1)], 'test', LATER_MS).length, 1)
  t.match(books.windows(), [{ spent: 300_000n }])
})
