// Reports read long spans where there are some, and say what the hours say; late requests are never missed.

import t, { type Test } from 'tap'
import { USAGE_GROUPS, type UsageQuery } from '../../src/ledger/reports.ts'
import { createCover, createSpans } from '../../src/ledger/sqlite/reports-spans.ts'
import { FIRST_LOOK_MS } from '../../src/ledger/sqlite/upkeep.ts'
import { ALL } from '../contracts/books.ts'
import { createRandom } from './random.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'
import { tickingClock } from './ticking-clock.ts'

const HOUR_MS = 3_600_000
const HOURS = 50 * 24
const FIRST_HOUR = NOON_MS / HOUR_MS - HOURS

async function book ({ ledger }: SqliteBooks, hour: number, at: number): Promise<void> {
  const createdAtMs = hour * HOUR_MS + at % HOUR_MS
  const exchange = await ledger.open(exchangeIntent({
    createdAtMs, ip: `10.0.0.${at % 7}`, keyId: at % 3 === 0 ? undefined : `key_${at % 3}`
  }), attemptIntent({ startedAtMs: createdAtMs, model: `model-${at % 4}`, provider: at % 2 ? 'openai' : 'groq' }))
  await ledger.settle(exchange, settlement({
    attempt: answered({ cost: at % 5 ? BigInt(at) * 999_999_999n : undefined, grade: at % 5 ? 'reported' : 'unpriced' }),
    error: at % 6 ? undefined : 'stream_cut'
  }))
}

/** Fifty days with a request now and then, the same every time. */
async function fifty (t: Test): Promise<SqliteBooks> {
  const books = sqliteBooks(t)
  const random = createRandom(10_000_000)
  const hour = () => FIRST_HOUR + random.upTo(HOURS - 1)
  await Promise.all(Array.from({ length: 3_000 }, () => book(books, hour(), random.upTo(10_000))))
  return books
}

function makeAll ({ database: { sqlite } }: SqliteBooks, hourNow = NOON_MS / HOUR_MS): number {
  const spans = createSpans(sqlite)
  let made = 0
  while (spans.makeNext(hourNow)) made++
  return made
}

t.test('every report over any range is the same with spans and without', async (t) => {
  const books = await fifty(t)
  const random = createRandom(1)
  const queries = Array.from({ length: 300 }, (_, at): UsageQuery => {
    const sinceMs = (FIRST_HOUR + random.upTo(HOURS)) * HOUR_MS
    return {
      by: random.pick(USAGE_GROUPS),
      sinceMs: at % 5 ? sinceMs : undefined,
      untilMs: at % 3 ? sinceMs + random.upTo(HOURS) * HOUR_MS : undefined,
      ip: at % 4 ? undefined : '10.0.0.3',
      keyId: at % 7 ? undefined : 'key_2'
    }
  })
  const before = queries.map((query) => books.reports.usage(query))
  t.ok(makeAll(books) > 200)
  for (const [at, query] of queries.entries()) t.same(books.reports.usage(query), before[at])
  t.match(books.verify(), { ok: true, differences: [] })
})

t.test('a range is filled with the longest spans there are', async (t) => {
  const books = await fifty(t)
  makeAll(books)
  const cover = createCover(books.database.sqlite)
  const { spans, hours } = cover([FIRST_HOUR + 1, FIRST_HOUR + HOURS], Infinity)
  t.ok(spans.length < 25, `${spans.length} spans`)
  t.ok(spans.some(([level]) => level === 4))
  const left = hours.reduce((sum, [first, end]) => sum + end - first, 0)
  t.ok(left < 30, `${left} hours`)
  t.ok(cover([FIRST_HOUR, FIRST_HOUR + HOURS], 2).spans.every(([level]) => level <= 2))
})

t.test('a request booked late takes its spans off the list, until they are made again', async (t) => {
  const books = await fifty(t)
  const count = makeAll(books)
  await books.ledger.close()
  const later = sqliteBooks(t, books.path)
  const listed = () => Number(later.database.sqlite.prepare('SELECT count(*) FROM usage_span_list').pluck().get())
  const before = later.reports.usage(ALL).totals
  const hour = Math.ceil(FIRST_HOUR / 720) * 720 + 300
  await book(later, hour, 7)
  t.equal(listed(), count - 4, 'one of each length')
  const costNanoUsd = before.costNanoUsd + 7n * 999_999_999n
  t.match(later.reports.usage(ALL).totals, { requests: before.requests + 1, costNanoUsd })
  t.equal(makeAll(later), 4)
  t.match(later.reports.usage(ALL).totals, { requests: before.requests + 1 })
  t.match(later.verify(), { ok: true })
})

t.test('spans are made in the background, and not of hours that are not over', async (t) => {
  const clock = tickingClock(FIRST_LOOK_MS)
  const books = sqliteBooks(t, undefined, NOON_MS, {
    clock: { ...clock, nowMs: () => NOON_MS + 30 * HOUR_MS, after: clock.after }, hasUpkeep: true
  })
  await book(books, NOON_MS / HOUR_MS, 1)
  await book(books, NOON_MS / HOUR_MS + 24, 1)
  await clock.tick()
  const { sqlite } = books.database
  t.same(sqlite.prepare('SELECT level, start * 3600000 FROM usage_span_list').raw().all(), [[1, NOON_MS - 4 * HOUR_MS]])
  t.equal(makeAll(books, NOON_MS / HOUR_MS + 30), 2, 'six hours of today and the day before')
})
