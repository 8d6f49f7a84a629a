// Opens the SQLite file: settings, permissions, schema, and one owner at a time.

import Database from 'better-sqlite3'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { lockDatabase, type Lock } from './lock.ts'
import { migrate, refuseForeign, schemaVersion, versionOf } from './migrations.ts'
import { DatabaseRefusal, refusalOf } from './refusal.ts'

/**
 * `owner`: the broker, the only one who writes the ledger. `guest`: a command that writes a few rows beside a running
 * broker (client keys). `reader`: reports and verification.
 */
export type Access = 'owner' | 'guest' | 'reader'

export interface OpenDatabase {
  readonly sqlite: Database.Database
  readonly path: string
  /** Closes the file and gives up the lock. Idempotent. */
  close (): void
}

export interface DatabaseOptions {
  readonly access: Access
  /** `process`: a killed process loses nothing. `power`: a power cut neither, at one fsync per commit. */
  readonly durability: 'process' | 'power'
}

/** Older ones can lose acknowledged commits when two connections write and checkpoint: https://www.sqlite.org/wal.html */
const OLDEST_SQLITE = [3, 51, 3] as const
/** A wait for a lock blocks the event loop, so it must be short. */
const BUSY_TIMEOUT_MS = 50
/** 16 MiB. A checkpoint waits for the disk on the event loop: against the default of 1000, p99 of a commit halves. */
const CHECKPOINT_PAGES = 4_000
const JOURNAL_SIZE_BYTES = 64 * 1024 * 1024
const MODE_FILE = 0o600
const MODE_FOLDER = 0o700
const OTHERS = 0o077

/** @throws DatabaseRefusal with a sentence for the operator; the file is unchanged then. */
export function openDatabase (path: string, { access, durability }: DatabaseOptions): OpenDatabase {
  let lock: Lock | undefined
  let sqlite: Database.Database | undefined
  const close = () => {
    sqlite?.close()
    lock?.release()
  }
  try {
    if (access === 'reader') refuseMissing(path)
    else createPrivate(path)
    if (access === 'owner') lock = lockDatabase(path)
    sqlite = new Database(path, { readonly: access === 'reader', timeout: BUSY_TIMEOUT_MS })
    refuseOldSqlite(String(sqlite.prepare('SELECT sqlite_version()').pluck().get()))
    refuseForeign(sqlite, path)
    configure(sqlite, durability)
    bringUpToDate(sqlite, path, access)
    return { sqlite, path, close }
  } catch (error) {
    close()
    throw refusalOf(error, path)
  }
}

/** @throws DatabaseRefusal when the SQLite inside better-sqlite3 has the WAL-reset bug. */
export function refuseOldSqlite (version: string): void {
  const found = version.split('.').map(Number)
  for (const [at, least] of OLDEST_SQLITE.entries()) {
    const part = found[at] ?? 0
    if (part > least) return
    if (part < least) {
      throw new DatabaseRefusal(
        `SQLite ${version} can lose committed rows; ${OLDEST_SQLITE.join('.')} or later is needed. ` +
        'Install better-sqlite3 12.11 or later (npm ci).')
    }
  }
}

function refuseMissing (path: string): void {
  if (existsSync(path)) return
  throw new DatabaseRefusal(`There is no ledger at ${path} yet: start the broker once, or check --home and --database.`)
}

/** The file is there before SQLite opens it, so that it and its journals (same mode) are never readable by others. */
function createPrivate (path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: MODE_FOLDER })
  closeSync(openSync(path, 'a', MODE_FILE))
  if ((statSync(path).mode & OTHERS) !== 0) chmodSync(path, MODE_FILE)
}

function configure (sqlite: Database.Database, durability: DatabaseOptions['durability']): void {
  sqlite.pragma('trusted_schema = OFF')
  sqlite.pragma('cell_size_check = ON')
  sqlite.pragma('mmap_size = 0')
  if (sqlite.readonly) return
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  sqlite.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  sqlite.pragma(`journal_size_limit = ${JOURNAL_SIZE_BYTES}`)
  sqlite.pragma('foreign_keys = ON')
}

function bringUpToDate (sqlite: Database.Database, path: string, access: Access): void {
  const version = versionOf(sqlite)
  if (version === schemaVersion) return
  if (access === 'reader') {
    throw new DatabaseRefusal(
      `${path} has schema ${version}, this version reads ${schemaVersion}: start the broker once to migrate it.`)
  }
  if (access === 'owner') return migrate(sqlite)
  const lock = lockDatabase(path) // never under the feet of an older broker that is running
  try {
    migrate(sqlite)
  } finally {
    lock.release()
  }
}
