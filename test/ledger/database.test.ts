// Opening the file: settings, permissions, schema, and refusals that say what to do.

import t from 'tap'
import Database from 'better-sqlite3'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openDatabase, refuseOldSqlite } from '../../src/ledger/sqlite/database.ts'
import { schemaVersion } from '../../src/ledger/sqlite/migrations.ts'
import { DatabaseRefusal } from '../../src/ledger/sqlite/refusal.ts'
import { attemptIntent, exchangeIntent, settlement } from './samples.ts'
import { databasePath, sqliteBooks, temporaryFolder } from './sqlite-books.ts'

const OWNER = { access: 'owner', durability: 'process' } as const
const GUEST = { access: 'guest', durability: 'process' } as const
const READER = { access: 'reader', durability: 'process' } as const

t.test('the file and its folder are private, journals too', async (t) => {
  const path = databasePath(t)
  const { ledger } = sqliteBooks(t, path)
  await ledger.open(exchangeIntent(), attemptIntent())
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  for (const suffix of ['', '-wal', '-shm', '.lock']) {
    t.equal(statSync(path + suffix).mode & 0o777, 0o600, `mode of ${suffix || 'the file'}`)
  }
})

t.test('a file that others may read is made private again', async (t) => {
  const path = databasePath(t)
  openDatabase(path, OWNER).close()
  chmodSync(path, 0o644)
  openDatabase(path, OWNER).close()
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('the settings are those of a ledger', async (t) => {
  const path = databasePath(t)
  const settingsOf = (durability: 'process' | 'power') => {
    const database = openDatabase(path, { access: 'owner', durability })
    const names = ['journal_mode', 'synchronous', 'busy_timeout', 'journal_size_limit', 'wal_autocheckpoint',
      'foreign_keys', 'trusted_schema', 'cell_size_check', 'mmap_size']
    const settings = Object.fromEntries(names.map((name) => [name, database.sqlite.pragma(name, { simple: true })]))
    database.close()
    return settings
  }
  const expected = {
    journal_mode: 'wal',
    synchronous: 1,
    busy_timeout: 50,
    journal_size_limit: 67_108_864,
    wal_autocheckpoint: 4_000,
    foreign_keys: 1,
    trusted_schema: 0,
    cell_size_check: 1,
    mmap_size: 0
  }
  t.same(settingsOf('process'), expected)
  t.same(settingsOf('power'), { ...expected, synchronous: 2 })
})

t.test('a SQLite that can lose committed rows is refused', async (t) => {
  for (const version of ['3.51.2', '3.50.9', '2.99.99', '3.9.3']) {
    t.throws(() => { refuseOldSqlite(version) }, /can lose committed rows.*3\.51\.3/s, version)
  }
  for (const version of ['3.51.3', '3.51.10', '3.52.0', '4.0.0']) refuseOldSqlite(version)
})

t.test('rows written before a restart are there after it, and the schema is made once', async (t) => {
  const path = databasePath(t)
  const first = sqliteBooks(t, path)
  const exchange = await first.ledger.open(exchangeIntent(), attemptIntent())
  await first.ledger.settle(exchange, settlement())
  await first.ledger.close()

  const second = sqliteBooks(t, path)
  t.equal(second.reports.exchange(exchange.id)?.status, 200)
  t.equal(second.database.sqlite.pragma('user_version', { simple: true }), schemaVersion)
})

t.test('a database of a newer version is refused and left as it is', async (t) => {
  const path = databasePath(t)
  openDatabase(path, OWNER).close()
  change(path, `PRAGMA user_version = ${schemaVersion + 1}`)
  const before = readFileSync(path)
  for (const options of [OWNER, GUEST, READER]) {
    t.throws(() => openDatabase(path, options), {
      constructor: DatabaseRefusal,
      message: new RegExp(`written by a newer aibroker \\(schema ${schemaVersion + 1}, this one knows ${schemaVersion}\\)`)
    })
  }
  t.same(readFileSync(path), before)
  t.notOk(existsSync(`${path}.lock`), 'the lock is given up')
})

t.test('a database of another program is refused and left as it is', async (t) => {
  const path = join(temporaryFolder(t), 'other.db')
  change(path, 'CREATE TABLE theirs (a)')
  const before = readFileSync(path)
  t.throws(() => openDatabase(path, OWNER), /database of another program/)
  t.same(readFileSync(path), before)
})

t.test('a file that is no database, or a damaged one, is refused with what to do', async (t) => {
  const path = databasePath(t)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'this is a diary, not a database. '.repeat(200))
  t.throws(() => openDatabase(path, OWNER), /damaged or is not a SQLite database.*backup.*\.recover/s)
  t.equal(readFileSync(path, 'utf8').slice(0, 15), 'this is a diary')

  const damaged = databasePath(t)
  openDatabase(damaged, OWNER).close()
  const bytes = readFileSync(damaged)
  bytes.fill(0x5a, 100, 4096) // the schema's page, behind the header
  writeFileSync(damaged, bytes)
  t.throws(() => openDatabase(damaged, OWNER), /damaged or is not a SQLite database/)
  t.notOk(existsSync(`${damaged}.lock`))
})

t.test('a reader needs a file that is there and up to date, and cannot write', async (t) => {
  const path = databasePath(t)
  t.throws(() => openDatabase(path, READER), /There is no ledger at .*start the broker once/)
  t.notOk(existsSync(path), 'looking makes no file')

  openDatabase(path, OWNER).close()
  const reader = openDatabase(path, READER)
  t.throws(() => reader.sqlite.exec('DELETE FROM names'), /readonly/)
  reader.close()

  change(path, 'PRAGMA user_version = 1; DROP TABLE IF EXISTS client_keys')
  t.throws(() => openDatabase(path, READER), /schema 1, this version reads.*start the broker once/)
})

t.test('a guest writes beside a running broker, and makes the file when there is none', async (t) => {
  const path = databasePath(t)
  openDatabase(path, GUEST).close()
  const { ledger, reports } = sqliteBooks(t, path)
  const guest = openDatabase(path, GUEST)
  guest.sqlite.exec("INSERT INTO names (text) VALUES ('written by a guest')")
  guest.close()
  const exchange = await ledger.open(exchangeIntent({ ip: 'written by a guest' }), undefined)
  t.equal(reports.exchange(exchange.id)?.ip, 'written by a guest')
})

t.test('a guest does not migrate under a running broker', async (t) => {
  const path = databasePath(t)
  const { database } = sqliteBooks(t, path)
  database.sqlite.pragma('user_version = 1')
  t.throws(() => openDatabase(path, GUEST), /in use by/)
  t.equal(database.sqlite.pragma('user_version', { simple: true }), 1)
})

/** Changes a closed database behind the program's back. */
function change (path: string, sql: string): void {
  const sqlite = new Database(path)
  sqlite.exec(sql)
  sqlite.close()
}
