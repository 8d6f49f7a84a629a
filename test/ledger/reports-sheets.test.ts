// What reports keep in memory never makes them old: each says what a reader that has kept nothing says.

import t, { type Test } from 'tap'
import { USAGE_GROUPS, type UsageQuery } from '../../src/ledger/reports.ts'
import { createAdjuster } from '../../src/ledger/sqlite/adjust.ts'
import { changedHoursOf } from '../../src/ledger/sqlite/changed-hours.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { createReports } from '../../src/ledger/sqlite/reports.ts'
import { createSpans } from '../../src/ledger/sqlite/reports-spans.ts'
import { timeText } from '../../src/ledger/time-text.ts'
import { ALL } from '../contracts/books.ts'
import { createRandom } from './random.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

const HOUR_MS = 3_600_000
const HOURS = 12 * 24
const FIRST_HOUR = NOON_MS / HOUR_MS - HOURS

async function book ({ ledger }: SqliteBooks, hour: number, at: number, isPriced = true): Promise<number> {
  const createdAtMs = hour * HOUR_MS + at % HOUR_MS
  const exchange = await ledger.open(exchangeIntent({ createdAtMs, ip: `10.0.0.${at % 5}`, keyId: `key_${at % 3}` }),
    attemptIntent({ startedAtMs: createdAtMs, model: `model-${at % 4}`, provider: at % 2 ? 'openai' : 'groq' }))
  await ledger.settle(exchange, settlement({
    attempt: answered(isPriced ? { cost: BigInt(at) * 999_999_999n } : { cost: undefined, grade: 'unpriced' })
  }))
  return exchange.row
}

function compareAll (t: Test, { reports, path }: SqliteBooks, queries: readonly UsageQuery[]): void {
  const { sqlite, close } = openDatabase(path, { access: 'reader', durability: 'process' })
  const fresh = createReports(sqlite)
  for (const query of queries) t.same(reports.usage(query), fresh.usage(query))
  close()
}

t.test('requests come late and early, spans are made, and every report is up to date', async (t) => {
  const books = sqliteBooks(t)
  const random = createRandom(7)
  const spans = createSpans(books.database.sqlite)
  const queries = USAGE_GROUPS.flatMap((by): UsageQuery[] => [
    { ...ALL, by },
    { ...ALL, by, sinceMs: NOON_MS - 100 * HOUR_MS },
    { ...ALL, by, untilMs: NOON_MS - 3 * HOUR_MS, ip: '10.0.0.1' },
    { ...ALL, by, sinceMs: NOON_MS - 7 * HOUR_MS, keyId: 'key_2' }
  ])
  for (let round = 0; round < 40; round++) {
    const isNow = random.upTo(3) > 0
    const hour = isNow ? NOON_MS / HOUR_MS - 1 - random.upTo(2) : FIRST_HOUR + random.upTo(HOURS - 1)
    for (let count = random.upTo(3); count >= 0; count--) await book(books, hour, random.upTo(10_000))
    if (round % 3 === 0) spans.makeNext(NOON_MS / HOUR_MS)
    if (round === 25) while (spans.makeNext(NOON_MS / HOUR_MS)) { /* the next one */ }
    compareAll(t, books, queries)
  }
})

t.test('what another connection corrects is in the next report', async (t) => {
  const books = sqliteBooks(t)
  const row = await book(books, FIRST_HOUR, 1, false)
  t.equal(books.reports.usage(ALL).totals.costNanoUsd, 0n)
  const guest = openDatabase(books.path, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const repricing = {
    attempt: row * 256 + 1, cost: 77n, grade: 'reported', priceVersion: '0', priceDocument: '{}', lineItems: ''
  } as const
  t.equal(createAdjuster(guest.sqlite).reprice([repricing], 'test', NOON_MS).length, 1)
  t.equal(books.reports.usage(ALL).totals.costNanoUsd, 77n)
  t.equal(books.reports.usage(ALL).totals.unpricedRequests, 0)
})

t.test('a correction on the own connection is in the next report as well', async (t) => {
  const books = sqliteBooks(t)
  const row = await book(books, FIRST_HOUR, 1, false)
  t.equal(books.reports.usage(ALL).totals.costNanoUsd, 0n)
  createAdjuster(books.database.sqlite).reprice([{
    attempt: row * 256 + 1, cost: 77n, grade: 'reported', priceVersion: '0', priceDocument: '{}', lineItems: ''
  }], 'test', NOON_MS)
  t.equal(books.reports.usage(ALL).totals.costNanoUsd, 77n)
})

t.test('more hours are changed than anybody remembers: then everything is read again', async (t) => {
  const changed = changedHoursOf(sqliteBooks(t).database.sqlite)
  changed.note(1)
  const seen = changed.last()
  t.same(changed.after(seen), [])
  changed.note(2)
  t.same(changed.after(seen), [2])
  for (let hour = 0; hour < 2_000; hour++) changed.note(hour)
  t.equal(changed.after(seen), undefined)
  t.same(changed.after(changed.last()), [])
})

t.test('money of many rows is added up exactly', async (t) => {
  const books = sqliteBooks(t)
  for (const model of ['a', 'b', 'c']) {
    const intent = attemptIntent({ model, startedAtMs: NOON_MS })
    const exchange = await books.ledger.open(exchangeIntent({ createdAtMs: NOON_MS }), intent)
    await books.ledger.settle(exchange, settlement({ attempt: answered({ cost: 99_999_999_999_999_999n }) }))
  }
  t.equal(books.reports.usage({ ...ALL, by: 'provider' }).totals.costNanoUsd, 3n * 99_999_999_999_999_999n)
})

t.test('a moment reads as a Date writes it', async (t) => {
  const random = createRandom(3)
  for (let count = 0; count < 5_000; count++) {
    const ms = (random.upTo(2 ** 31) - 2 ** 30) * random.upTo(4_000_000) + random.upTo(1_000)
    if (timeText(ms) !== new Date(ms).toISOString()) t.fail(`${ms} is ${timeText(ms)}`)
  }
  t.equal(timeText(Infinity), '+275760-09-13T00:00:00.000Z')
  t.equal(timeText(-Infinity), '-271821-04-20T00:00:00.000Z')
})
