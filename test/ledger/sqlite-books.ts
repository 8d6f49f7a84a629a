// The SQLite ledger in a folder of its own, as a broker has it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { openDatabase, type OpenDatabase } from '../../src/ledger/sqlite/database.ts'
import { SqliteLedger, type LedgerOutside } from '../../src/ledger/sqlite/ledger.ts'
import { createReports } from '../../src/ledger/sqlite/reports.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import type { VerifyReport } from '../../src/ledger/verify.ts'
import type { Books } from '../contracts/books.ts'
import { NOON_MS } from './samples.ts'

export interface SqliteBooks extends Books {
  readonly ledger: SqliteLedger
  readonly database: OpenDatabase
  verify (): VerifyReport
  readonly path: string
  /** A read-only connection, as another process has it; closed with the test. */
  reader (): OpenDatabase
  recover (nowMs: number): number
  reopen (): Promise<SqliteBooks>
}

export function temporaryFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-ledger-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

export function databasePath (t: Test): string {
  return join(temporaryFolder(t), 'home', 'aibroker.db')
}

/** Recovered already, as after start. */
export function sqliteBooks (
  t: Test, path = databasePath(t), nowMs = NOON_MS, outside: Partial<LedgerOutside> = {}
): SqliteBooks {
  const books = unrecoveredBooks(t, path, outside)
  books.ledger.recover(nowMs)
  return books
}

export function unrecoveredBooks (t: Test, path: string, outside: Partial<LedgerOutside> = {}): SqliteBooks {
  const database = openDatabase(path, { access: 'owner', durability: 'process' })
  const ledger = new SqliteLedger(database, { clock: systemClock, alarm () {}, ...outside })
  t.teardown(() => ledger.close())
  return {
    ledger,
    database,
    path,
    reports: createReports(database.sqlite),
    verify: () => verifyLedger(database.sqlite),
    recover: (nowMs) => ledger.recover(nowMs),
    reader () {
      const reader = openDatabase(path, { access: 'reader', durability: 'process' })
      t.teardown(() => { reader.close() })
      return reader
    },
    async reopen () {
      await ledger.close()
      return unrecoveredBooks(t, path)
    }
  }
}
