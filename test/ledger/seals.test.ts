// Whatever is changed in sealed rows or in the seals is found, and named.

import type { Database } from 'better-sqlite3'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { AttemptResult } from '../../src/ledger/ledger.ts'
import { createSealer, rowsOf, type SealRow } from '../../src/ledger/sqlite/seals.ts'
import { BlockBytes, createRowReaders } from '../../src/ledger/sqlite/seals-rows.ts'
import { verifySeals } from '../../src/ledger/sqlite/seals-verify.ts'
import { createRandom } from './random.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

interface Sealed {
  readonly sqlite: Database
  /** Ids of the rows by table. */
  readonly ids: ReadonlyMap<string, readonly number[]>
}

const TABLES = ['names', 'plans', 'prices', 'backends', 'budget_sets', 'adjustments', 'exchanges', 'attempts']
const WORDS: { readonly [table: string]: (id: number) => string } = {
  names: (id) => `name ${id}`,
  plans: (id) => `plan ${id}`,
  prices: (id) => `price ${id}`,
  backends: (id) => `backend ${id}`,
  budget_sets: (id) => `budget set ${id}`,
  adjustments: (id) => `adjustment ${id}`,
  exchanges: (id) => `exchange ${id}`,
  attempts: (id) => `attempt ${id % 256} of exchange ${Math.floor(id / 256)}`
}

/** No number stands for it: it is kept as text. */
const TIRED = { reason: 'stop', native: 'müde' }

/** Exchanges with none, one and three attempts, and rows in every other sealed table; all sealed. */
async function sealedBooks (t: Test, ended: Partial<AttemptResult> = { finish: TIRED }): Promise<Sealed> {
  const { ledger, database: { sqlite } } = sqliteBooks(t)
  for (const [at, attempts] of [1, 3, 0, 1, 1, 2].entries()) {
    const intent = exchangeIntent({ createdAtMs: NOON_MS + at, ip: `10.0.0.${attempts}`, plan: `{"policy":"cheapest","n":${attempts}}` })
    const exchange = await ledger.open(intent, attempts > 0 ? attemptIntent() : undefined)
    for (let made = 1; made < attempts; made++) await ledger.retry(exchange, failed(), attemptIntent({ provider: 'groq' }))
    const usage = { input: 30, cache_read: 5, output: 7, audio_ms: 1 }
    const attempt = attempts > 0 ? answered({ usage, ...ended, upstreamId: `chatcmpl-é${attempts}` }) : undefined
    await ledger.settle(exchange, settlement({ attempt, error: attempts > 1 ? 'stream_cut' : undefined }))
  }
  sqlite.exec(`
    INSERT INTO budget_sets (text) VALUES ('[1,2]');
    INSERT INTO prices (version, document, first_used_at_ms) VALUES ('0123456789abcdef', '{"input":"2.5"}', ${NOON_MS});
    INSERT INTO adjustments (attempt, at_ms, kind, cost_nano_usd, grade, source)
    VALUES (257, ${NOON_MS}, 'reconciled', -5, 'reported', 'invoice')`)
  sealAll(sqlite)
  const ids = new Map(TABLES.map((table) => [table, sqlite.prepare<[], number>(`SELECT id FROM ${table}`).pluck().all()]))
  return { sqlite, ids }
}

function sealAll (sqlite: Database): number {
  const sealer = createSealer(sqlite)
  let blocks = 0
  while (sealer.next(NOON_MS) > 0) blocks++
  return blocks
}

/** What verification says after `change`, which is taken back. */
function verifyAfter (sqlite: Database, change: () => void): ReturnType<typeof verifySeals> {
  sqlite.pragma('foreign_keys = OFF')
  sqlite.pragma('ignore_check_constraints = ON')
  sqlite.exec('BEGIN')
  try {
    change()
    return verifySeals(sqlite)
  } finally {
    sqlite.exec('ROLLBACK')
  }
}

t.test('sealed books have no difference, and say how far the seals reach', async (t) => {
  const { sqlite, ids } = await sealedBooks(t)
  const rows = [...ids.values()].reduce((sum, { length }) => sum + length, 0)
  const { seals, pruned, differences } = verifySeals(sqlite)
  t.same(differences, [])
  t.equal(pruned, undefined)
  t.match(seals, { rows, waiting: 0, head: /^[0-9a-f]{64}$/ })
  t.ok(ids.get('names')?.includes(0), 'the name of nobody is sealed, too')
})

t.test('any bit of any byte of any column of any sealed row', async (t) => {
  const { sqlite, ids } = await sealedBooks(t)
  const random = createRandom(16)
  let flips = 0
  for (const [table, rows] of ids) {
    const columns = sqlite.prepare<[string], { name: string, type: string }>(
      "SELECT name, type FROM pragma_table_info(?) WHERE name <> 'id'").all(table)
    for (const id of rows) {
      for (const column of columns) flips += flipColumn(t, sqlite, { table, id, ...column }, random.upTo(7))
    }
  }
  t.ok(flips > 1_000, `${flips} flips`)
})

interface Place {
  readonly table: string
  readonly id: number
  readonly name: string
  readonly type: string
}

/** Flips one bit in each byte of a value, one after the other; NULL becomes a value and back. @returns how many. */
function flipColumn (t: Test, sqlite: Database, { table, id, name, type }: Place, bit: number): number {
  const value = sqlite.prepare(`SELECT CAST(${name} AS BLOB) FROM ${table} WHERE id = ?`).pluck().get(id) as Buffer | null
  const isInteger = type === 'INTEGER'
  const integer = isInteger ? sqlite.prepare(`SELECT ${name} FROM ${table} WHERE id = ?`).pluck().safeIntegers().get(id) : 0n
  const bytes = isInteger ? 8 : value?.length ?? 0
  const update = sqlite.prepare(`UPDATE ${table} SET ${name} = ${type === 'TEXT' || type === 'ANY' ? 'CAST(? AS TEXT)' : '?'} WHERE id = ?`)
  const check = (next: unknown, what: string) => {
    const { differences } = verifyAfter(sqlite, () => { update.run(next, id) })
    const found = differences.some(({ name, count, first }) =>
      name === 'sealed_row_changed' && count === 1 && first === WORDS[table]?.(id))
    if (!found) t.fail(`${table} ${id} ${name}: ${what} was not named`, { differences })
  }
  if (value === null) {
    check(SOMETHING[type], 'nothing became something')
    return 1
  }
  for (let at = 0; at < bytes; at++) {
    const mask = 1n << BigInt(8 * at + bit)
    const next = isInteger ? BigInt.asIntN(64, (integer as bigint) ^ mask) : flipped(value, at, bit)
    check(next, `bit ${bit} of byte ${at}`)
  }
  return bytes
}

const SOMETHING: { readonly [type: string]: unknown } = { INTEGER: 0n, TEXT: '', BLOB: Buffer.alloc(0), ANY: 0n }

function flipped (bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

t.test('rows that are deleted are named, and rows that are put in between', async (t) => {
  const { sqlite, ids } = await sealedBooks(t)
  for (const [table, rows] of ids) {
    for (const id of rows) {
      const { differences } = verifyAfter(sqlite, () => { sqlite.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id) })
      t.match(differences.find(({ name }) => name === 'sealed_row_missing'), { count: 1, first: WORDS[table]?.(id) })
    }
    const columns = sqlite.prepare<[string], string>("SELECT name FROM pragma_table_info(?) WHERE name <> 'id'").pluck().all(table)
    const unique = ['text', 'digest', 'version', 'model_id']
    const values = columns.map((name) => unique.includes(name) ? `${name} || 'x'` : name)
    const copy = (id: number) => {
      sqlite.exec(`INSERT INTO ${table} (id, ${columns.join(', ')})
        SELECT ${id}, ${values.map((value) => value === "digest || 'x'" ? "CAST('x' AS BLOB)" : value).join(', ')} FROM ${table} LIMIT 1`)
    }
    const { differences } = verifyAfter(sqlite, () => { copy(-3) })
    t.match(differences, [{ name: 'row_slipped_in', count: 1 }], table)
  }
})

t.test('rows that change places are named', async (t) => {
  const { sqlite } = await sealedBooks(t)
  const { differences } = verifyAfter(sqlite, () => {
    sqlite.exec('UPDATE exchanges SET id = -1 WHERE id = 1; UPDATE exchanges SET id = 1 WHERE id = 4; UPDATE exchanges SET id = 4 WHERE id = -1')
  })
  t.match(differences, [{ name: 'sealed_row_changed', count: 2, first: 'exchange 1' }])
})

t.test('any byte of a seal, and seals that are missing', async (t) => {
  const { sqlite } = await sealedBooks(t)
  const seals = sqlite.prepare<[], SealRow>('SELECT * FROM seals').all()
  const isFound = (what: string, sql: string, ...values: unknown[]) => {
    const { differences } = verifyAfter(sqlite, () => { sqlite.prepare(sql).run(...values) })
    if (differences.length === 0) t.fail(what)
  }
  for (const { id, ranges, digests, chain, sealed_at_ms: atMs } of seals) {
    for (const [name, bytes] of Object.entries({ ranges: Buffer.from(ranges), digests, chain })) {
      for (let at = 0; at < bytes.length; at++) {
        const value = name === 'ranges' ? 'CAST(? AS TEXT)' : '?'
        isFound(`seal ${id} ${name} ${at}`, `UPDATE seals SET ${name} = ${value} WHERE id = ?`, flipped(bytes, at, 0), id)
      }
    }
    isFound(`seal ${id} time`, 'UPDATE seals SET sealed_at_ms = ? WHERE id = ?', atMs + 1, id)
    const { differences } = verifyAfter(sqlite, () => { sqlite.prepare('DELETE FROM seals WHERE id = ?').run(id) })
    t.ok(differences.some(({ name }) => name === 'seal_missing'), `seal ${id} deleted`)
  }
  for (const name of sqlite.prepare<[], string>("SELECT name FROM marks WHERE name LIKE 'seal%'").pluck().all()) {
    isFound(name, 'UPDATE marks SET value = value + 1 WHERE name = ?', name)
    isFound(name, 'DELETE FROM marks WHERE name = ?', name)
  }
})

t.test('a tail that is cut off with its rows is found', async (t) => {
  const { sqlite } = await sealedBooks(t)
  const { differences } = verifyAfter(sqlite, () => {
    sqlite.exec('DELETE FROM seals WHERE id = (SELECT max(id) FROM seals); DELETE FROM exchanges; DELETE FROM attempts')
  })
  t.ok(differences.some(({ name, first }) => name === 'seal_missing' && /the last seal is \d+, the mark says \d+/.test(first)))
})

t.test('an open exchange holds back everything behind it; what waits is counted', async (t) => {
  const { ledger, database: { sqlite } } = sqliteBooks(t)
  const book = async () => ledger.settle(await ledger.open(exchangeIntent(), attemptIntent()), settlement())
  await book()
  const open = await ledger.open(exchangeIntent(), attemptIntent())
  await book()
  sealAll(sqlite)
  t.match(verifySeals(sqlite), { seals: { waiting: 1 }, differences: [] })
  await ledger.settle(open, settlement())
  t.equal(sealAll(sqlite), 1)
  t.match(verifySeals(sqlite), { seals: { waiting: 0 }, differences: [] })
})

t.test('blocks hold 64 rows, and many exchanges with many attempts are one chain', async (t) => {
  const { ledger, database: { sqlite }, verify } = sqliteBooks(t)
  await Promise.all(Array.from({ length: 500 }, async (_, at) => {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    if (at % 10 === 0) await ledger.retry(exchange, failed(), attemptIntent())
    await ledger.settle(exchange, settlement())
  }))
  sealAll(sqlite)
  const longest = sqlite.prepare("SELECT max(length(digests)) / 2 FROM seals WHERE ranges LIKE '%exchanges%'").pluck().get()
  t.ok(Number(longest) >= 64 && Number(longest) < 80, `${longest} rows`)
  t.match(verify(), { ok: true, seals: { waiting: 0 } })
  sqlite.exec('UPDATE attempts SET cost_nano_usd = cost_nano_usd + 1 WHERE id = 300 * 256 + 1')
  t.match(verify().differences, [{ name: 'cost_differs' }, { name: 'sealed_row_changed', count: 1, first: 'attempt 1 of exchange 300' }])
})

t.test('seals with the longer digests of earlier versions hold, and name what is changed', async (t) => {
  const { sqlite } = await sealedBooks(t)
  const readers = createRowReaders(sqlite)
  const seals = sqlite.prepare<[], { id: number, ranges: string }>('SELECT id, ranges FROM seals').all()
  for (const { id, ranges } of seals) {
    const bytes = new BlockBytes()
    for (const { table, id } of rowsOf(JSON.parse(ranges))) {
      for (const row of readers[table](id, id + 1, 1)) bytes.add(table, row)
    }
    sqlite.prepare('UPDATE seals SET digests = ? WHERE id = ?').run(bytes.digests(4), id)
  }
  t.same(verifySeals(sqlite).differences, [])
  sqlite.exec('UPDATE attempts SET first_event_ms = 7 WHERE id = 2 * 256 + 3')
  t.match(verifySeals(sqlite).differences, [{ name: 'sealed_row_changed', count: 1, first: 'attempt 3 of exchange 2' }])
})

t.test('a database from before ids of providers were made smaller is as it was sealed', async (t) => {
  const { sqlite } = await sealedBooks(t, {})
  sqlite.exec('ALTER TABLE attempts DROP COLUMN upstream_key')
  t.equal(sqlite.prepare("SELECT count(*) FROM attempts WHERE upstream_id LIKE 'chatcmpl-%'").pluck().get(), 5)
  sqlite.exec(readFileSync(new URL('../../src/ledger/sqlite/migrations/011-smaller-rows.sql', import.meta.url), 'utf8'))
  t.same(verifySeals(sqlite).differences, [])
})

t.test('columns that a later version adds change no bytes of rows that do not use them', async (t) => {
  const { sqlite } = await sealedBooks(t)
  sqlite.exec('ALTER TABLE attempts ADD COLUMN added_later TEXT')
  t.same(verifySeals(sqlite).differences, [])
})
