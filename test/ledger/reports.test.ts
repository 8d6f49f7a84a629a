// Usage by address, key, model, provider and day, over whole hours.

import t from 'tap'
import type { UsageQuery } from '../../src/ledger/reports.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

const HOUR_MS = 3_600_000
const ALL: UsageQuery = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined }

async function three (books: SqliteBooks): Promise<void> {
  const book = async (createdAtMs: number, ip: string, model: string, cost: bigint) => {
    const exchange = await books.ledger.open(exchangeIntent({ createdAtMs, ip }), attemptIntent({ model }))
    await books.ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
  }
  await book(NOON_MS + 1_000, '10.0.0.1', 'small', 10n)
  await book(NOON_MS + HOUR_MS + 5, '10.0.0.1', 'large', 500n)
  await book(NOON_MS + 24 * HOUR_MS, '10.0.0.2', 'small', 40n)
}

t.test('groups are listed dearest first, each with its models', async (t) => {
  const books = sqliteBooks(t)
  await three(books)
  const { rows, totals } = books.reports.usage(ALL)
  t.match(rows, [
    {
      group: '10.0.0.1',
      requests: 2,
      costNanoUsd: 510n,
      firstRequestAtMs: NOON_MS + 1_000,
      lastRequestAtMs: NOON_MS + HOUR_MS + 5,
      byModel: [{ model: 'large', costNanoUsd: 500n, requests: 1 }, { model: 'small', costNanoUsd: 10n, requests: 1 }]
    },
    { group: '10.0.0.2', requests: 1, costNanoUsd: 40n, byModel: [{ model: 'small' }] }
  ])
  t.match(totals, {
    requests: 3, costNanoUsd: 550n, firstRequestAtMs: NOON_MS + 1_000, lastRequestAtMs: NOON_MS + 24 * HOUR_MS
  })
})

t.test('days are listed in order, by the clock of UTC', async (t) => {
  const books = sqliteBooks(t)
  await three(books)
  t.match(books.reports.usage({ ...ALL, by: 'day' }).rows.map(({ group, requests }) => [group, requests]),
    [['2026-11-21', 2], ['2026-11-22', 1]])
})

t.test('since is rounded down and until up to the hour', async (t) => {
  const books = sqliteBooks(t)
  await three(books)
  const requests = (sinceMs: number | undefined, untilMs: number | undefined) =>
    books.reports.usage({ ...ALL, sinceMs, untilMs }).totals.requests
  t.equal(requests(NOON_MS + HOUR_MS - 1, undefined), 3)
  t.equal(requests(NOON_MS + HOUR_MS, undefined), 2)
  t.equal(requests(undefined, NOON_MS + HOUR_MS), 1)
  t.equal(requests(undefined, NOON_MS + HOUR_MS + 1), 2)
  t.equal(requests(NOON_MS, NOON_MS + 24 * HOUR_MS), 2)
})

t.test('one address can be asked for; one that never called has nothing', async (t) => {
  const books = sqliteBooks(t)
  await three(books)
  t.match(books.reports.usage({ ...ALL, by: 'model', ip: '10.0.0.2' }).rows, [{ group: 'small', requests: 1 }])
  const empty = books.reports.usage({ ...ALL, ip: "10.0.0.3' OR 1=1 --" })
  t.same(empty.rows, [])
  t.equal(empty.totals.costNanoUsd, 0n)
  t.equal(empty.totals.firstRequestAtMs, undefined)
})

t.test('an empty ledger has an empty report in every group', async (t) => {
  const { reports } = sqliteBooks(t)
  for (const by of ['ip', 'key', 'model', 'provider', 'day'] as const) t.same(reports.usage({ ...ALL, by }).rows, [])
})
