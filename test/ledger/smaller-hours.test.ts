// Hourly sums from before are the same sums afterwards; kinds that few requests have are added up beside the others.

import Database from 'better-sqlite3'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { migrate } from '../../src/ledger/sqlite/migrations.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

const FOLDER = join(import.meta.dirname, '../../src/ledger/sqlite/migrations')
const BEFORE = 12
const HOUR = NOON_MS / 3_600_000

function olderDatabase (t: Test): Database.Database {
  const sqlite = new Database(':memory:')
  t.teardown(() => { sqlite.close() })
  for (const name of readdirSync(FOLDER).sort()) {
    if (Number(name.slice(0, 3)) <= BEFORE) sqlite.exec(readFileSync(join(FOLDER, name), 'utf8'))
  }
  sqlite.pragma(`user_version = ${BEFORE}`)
  return sqlite
}

t.test('every value of every hour is what it was', async (t) => {
  const sqlite = olderDatabase(t)
  const columns = sqlite.prepare<[], string>("SELECT name FROM pragma_table_info('usage_hourly')").pluck().all()
  const insert = sqlite.prepare(`INSERT INTO usage_hourly (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
  const times = ['first_request_at_ms', 'last_request_at_ms']
  for (let hour = HOUR; hour < HOUR + 40; hour++) {
    insert.run(...columns.map((column, at) => {
      if (column === 'hour') return hour
      if (times.includes(column)) return hour * 3_600_000 + times.indexOf(column) * 3_599_999
      return hour % 3 === 0 && at > 8 ? 0 : BigInt(hour + at) ** 2n * BigInt(at)
    }))
  }
  const read = () => sqlite.prepare(`SELECT ${columns.join(', ')} FROM usage_hourly ORDER BY hour`).safeIntegers().all()
  const before = read()
  migrate(sqlite)
  t.same(read(), before)
  t.equal(sqlite.prepare('SELECT count(*) FROM usage_hourly WHERE rare IS NULL').pluck().get(), 13)
})

t.test('rare kinds of many commits are one sum', async (t) => {
  const { ledger, verify, database: { sqlite } } = sqliteBooks(t)
  for (const usage of [{ input: 1 }, { audio_ms: 5, images: 2 }, { input: 3, images: 1 }, { input: 4 }]) {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    await ledger.settle(exchange, settlement({ attempt: answered({ usage }) }))
  }
  t.match(sqlite.prepare('SELECT requests, input, audio_ms, images, pages FROM usage_hourly').get(),
    { requests: 4, input: 8, audio_ms: 5, images: 3, pages: 0 })
  t.match(verify(), { ok: true })
})

t.test('a sum of a rare kind that would not be exact any more is refused, and its request alone', async (t) => {
  const { ledger, verify, database: { sqlite } } = sqliteBooks(t)
  const settle = async (audioMs: number) => {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    await ledger.settle(exchange, settlement({ attempt: answered({ usage: { audio_ms: audioMs } }) }))
  }
  await settle(Number.MAX_SAFE_INTEGER - 5)
  await t.rejects(settle(6), { code: 'internal' })
  await settle(5)
  t.equal(sqlite.prepare('SELECT audio_ms FROM usage_hourly').pluck().get(), Number.MAX_SAFE_INTEGER)
  t.match(verify(), { ok: true, open: 1 })
})
