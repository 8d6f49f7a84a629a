// A key store over a real file with the real schema.

import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemRandom } from '../../src/core/ids.ts'
import { SqliteKeys } from '../../src/keys/sqlite-keys.ts'
import { migrate } from '../../src/ledger/sqlite/migrations.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'

export interface KeyFile {
  readonly path: string
  readonly database: Database.Database
  readonly clock: ManualClock
  /** Another store on a connection of its own, as another process has it. */
  another (operatorKeys?: readonly string[]): SqliteKeys
}

export function keyFile (t: Test, clock = manualClock()): KeyFile {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-keys-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 'keys.db')
  const open = () => {
    const database = new Database(path)
    t.teardown(() => { database.close() })
    return database
  }
  const database = open()
  database.pragma('journal_mode = WAL')
  migrate(database)
  return {
    path,
    database,
    clock,
    another: (operatorKeys = []) => new SqliteKeys({ database: open(), clock, random: systemRandom, operatorKeys })
  }
}

export function keyStore (t: Test, operatorKeys: readonly string[] = [], clock = manualClock()): SqliteKeys {
  return keyFile(t, clock).another(operatorKeys)
}
