// Client keys as rows of `client_keys` (002-client-keys.sql and later), read and written whole.

import type { Database } from 'better-sqlite3'
import type { StreamMode } from '../core/stream-mode.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { KeyRecord } from './keys.ts'

export interface StoredKey {
  readonly record: KeyRecord
  /** SHA-256 of the token, in hex. */
  readonly digest: string
}

interface Row {
  readonly id: string
  readonly name: string
  readonly digest: Buffer
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly revokedAtMs: number | null
  readonly rpm: number | null
  readonly maxInFlight: number | null
  /** As text: 64 bits do not fit a JavaScript number. */
  readonly budget: string | null
  readonly models: string | null
  readonly providers: string | null
  readonly origins: string | null
  /** One of the modes: the column is checked. */
  readonly streamMode: StreamMode | null
  /** One of the policies: the column is checked. */
  readonly unknownPrice: UnknownPrice | null
  readonly team: string | null
  readonly project: string | null
}

const SELECT = `
  SELECT id, name, digest, created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs, revoked_at_ms AS revokedAtMs,
    rpm, max_in_flight AS maxInFlight, CAST(budget_nano_usd AS TEXT) AS budget, models, providers, origins,
    stream_mode AS streamMode, unknown_price AS unknownPrice, team, project
  FROM client_keys ORDER BY created_at_ms, rowid`
const INSERT = `
  INSERT INTO client_keys (id, name, digest, created_at_ms, expires_at_ms, rpm, max_in_flight, budget_nano_usd,
    models, providers, origins, stream_mode, unknown_price, team, project)
  VALUES (@id, @name, @digest, @createdAtMs, @expiresAtMs, @rpm, @maxInFlight, @budget, @models, @providers, @origins,
    @streamMode, @unknownPrice, @team, @project)`
const REVOKE = 'UPDATE client_keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL'

export interface KeyRows {
  all (): StoredKey[]
  insert (key: StoredKey): void
  /** False: no such key, or revoked already. */
  revoke (id: string, atMs: number): boolean
  /** Changes whenever another connection, of this process or another, has committed. Costs microseconds. */
  version (): number
}

/** Needs the table: run the migrations first. */
export function openKeyRows (database: Database): KeyRows {
  const select = database.prepare<[], Row>(SELECT)
  const insert = database.prepare(INSERT)
  const revoke = database.prepare<[number, string]>(REVOKE)
  const version = database.prepare<[], number>('PRAGMA data_version').pluck()
  return {
    all: () => select.all().map(readRow),
    insert: (key) => { insert.run(writeRow(key)) },
    revoke: (id, atMs) => revoke.run(atMs, id).changes === 1,
    version: () => version.get() ?? 0
  }
}

function readRow (row: Row): StoredKey {
  const record = {
    id: row.id,
    name: row.name,
    createdAtMs: row.createdAtMs,
    expiresAtMs: row.expiresAtMs ?? undefined,
    revokedAtMs: row.revokedAtMs ?? undefined,
    rpm: row.rpm ?? undefined,
    maxInFlight: row.maxInFlight ?? undefined,
    budget: row.budget === null ? undefined : BigInt(row.budget),
    models: readList(row.models),
    providers: readList(row.providers),
    origins: readList(row.origins),
    streamMode: row.streamMode ?? undefined,
    unknownPrice: row.unknownPrice ?? undefined,
    team: row.team ?? undefined,
    project: row.project ?? undefined
  }
  return { record: Object.freeze(record), digest: row.digest.toString('hex') }
}

function writeRow ({ record, digest }: StoredKey) {
  return {
    id: record.id,
    name: record.name,
    digest: Buffer.from(digest, 'hex'),
    createdAtMs: record.createdAtMs,
    expiresAtMs: record.expiresAtMs ?? null,
    rpm: record.rpm ?? null,
    maxInFlight: record.maxInFlight ?? null,
    budget: record.budget ?? null,
    models: writeList(record.models),
    providers: writeList(record.providers),
    origins: writeList(record.origins),
    streamMode: record.streamMode ?? null,
    unknownPrice: record.unknownPrice ?? null,
    team: record.team ?? null,
    project: record.project ?? null
  }
}

function readList (text: string | null): readonly string[] | undefined {
  return text === null ? undefined : JSON.parse(text) as string[]
}

function writeList (list: readonly string[] | undefined): string | null {
  return list === undefined ? null : JSON.stringify(list)
}
