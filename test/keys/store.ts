// A key store over a real file with the real schema.

import Database from 'better-sqlite3'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemRandom } from '../../src/core/ids.ts'
import { SqliteKeys } from '../../src/keys/sqlite-keys.ts'
import { packageRoot } from '../../src/paths.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'

const SCHEMA = readFileSync(join(packageRoot, 'src/ledger/sqlite/migrations/002-client-keys.sql'), 'utf8')

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
  database.exec(SCHEMA)
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
