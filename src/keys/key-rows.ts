// Client keys as rows of `client_keys` (002-client-keys.sql and later), read and written whole.

import type { Database } from 'better-sqlite3'
import type { StreamMode } from '../core/stream-mode.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { HashedKey, KeyPage } from './keys.ts'

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
  readonly isManagement: number
  readonly disabledAtMs: number | null
  readonly updatedAtMs: number | null
  readonly creatorUser: string | null
  readonly externalUser: string | null
  readonly hasByokInLimit: number
}

const SELECT = `
  SELECT id, name, digest, created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs, revoked_at_ms AS revokedAtMs,
    rpm, max_in_flight AS maxInFlight, CAST(budget_nano_usd AS TEXT) AS budget, models, providers, origins,
    stream_mode AS streamMode, unknown_price AS unknownPrice, team, project, is_management AS isManagement,
    disabled_at_ms AS disabledAtMs, updated_at_ms AS updatedAtMs, creator_user AS creatorUser,
    external_user AS externalUser, has_byok_in_limit AS hasByokInLimit
  FROM client_keys`
const OLDEST_FIRST = 'ORDER BY created_at_ms, rowid'
const IN_FORCE = 'revoked_at_ms IS NULL'
const PAGE = `
  ${SELECT} WHERE ${IN_FORCE} AND is_management = 0 AND (@hasDisabled OR disabled_at_ms IS NULL)
  ${OLDEST_FIRST} LIMIT @limit OFFSET @offset`
const INSERT = `
  INSERT INTO client_keys (id, name, digest, created_at_ms, expires_at_ms, rpm, max_in_flight, budget_nano_usd,
    models, providers, origins, stream_mode, unknown_price, team, project, is_management, creator_user, external_user,
    has_byok_in_limit)
  VALUES (@id, @name, @digest, @createdAtMs, @expiresAtMs, @rpm, @maxInFlight, @budget, @models, @providers, @origins,
    @streamMode, @unknownPrice, @team, @project, @isManagement, @creatorUser, @externalUser, @hasByokInLimit)`
const UPDATE = `
  UPDATE client_keys SET name = @name, expires_at_ms = @expiresAtMs, disabled_at_ms = @disabledAtMs,
    updated_at_ms = @updatedAtMs, has_byok_in_limit = @hasByokInLimit
  WHERE id = @id`
const REVOKE = 'UPDATE client_keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL'

export interface KeyRows {
  all (): HashedKey[]
  /** Those that are not revoked. */
  inForce (): HashedKey[]
  page (page: KeyPage): HashedKey[]
  /** How many are not revoked: looks at every row. */
  count (): number
  byId (id: string): HashedKey | undefined
  /** Not of a management key. */
  byHash (hash: string): HashedKey | undefined
  /** Whether any was ever made. */
  hasAny (): boolean
  insert (key: HashedKey): void
  update (key: HashedKey): void
  /** False: no such key, or revoked already. */
  revoke (id: string, atMs: number): boolean
  /** Changes whenever another connection, of this process or another, has committed. Costs microseconds. */
  version (): number
}

/** Needs the table: run the migrations first. */
export function openKeyRows (database: Database): KeyRows {
  const select = database.prepare<[], Row>(`${SELECT} ${OLDEST_FIRST}`)
  const inForce = database.prepare<[], Row>(`${SELECT} WHERE ${IN_FORCE} ${OLDEST_FIRST}`)
  const page = database.prepare<[Omit<KeyPage, 'hasDisabled'> & { hasDisabled: number }], Row>(PAGE)
  const count = database.prepare<[], number>(`SELECT count(*) FROM client_keys WHERE ${IN_FORCE}`).pluck()
  const byId = database.prepare<[string], Row>(`${SELECT} WHERE id = ?`)
  const byHash = database.prepare<[Buffer], Row>(`${SELECT} WHERE digest = ? AND is_management = 0`)
  const hasAny = database.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM client_keys)').pluck()
  const update = database.prepare(UPDATE)
  const insert = database.prepare(INSERT)
  const revoke = database.prepare<[number, string]>(REVOKE)
  const version = database.prepare<[], number>('PRAGMA data_version').pluck()
  return {
    all: () => select.all().map(readRow),
    inForce: () => inForce.all().map(readRow),
    page: (asked) => page.all({ ...asked, hasDisabled: Number(asked.hasDisabled) }).map(readRow),
    count: () => count.get() ?? 0,
    byId (id) {
      const row = byId.get(id)
      return row && readRow(row)
    },
    byHash (hash) {
      const row = byHash.get(Buffer.from(hash, 'hex'))
      return row && readRow(row)
    },
    hasAny: () => hasAny.get() === 1,
    insert: (key) => { insert.run(writeRow(key)) },
    update: (key) => { update.run(writeRow(key)) },
    revoke: (id, atMs) => revoke.run(atMs, id).changes === 1,
    version: () => version.get() ?? 0
  }
}

function readRow (row: Row): HashedKey {
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
    project: row.project ?? undefined,
    ...readAdministration(row)
  }
  return { record: Object.freeze(record), hash: row.digest.toString('hex') }
}

/** What those who administer see of a key besides what it may do. */
function readAdministration (row: Row) {
  return {
    isManagement: row.isManagement === 1,
    disabledAtMs: row.disabledAtMs ?? undefined,
    updatedAtMs: row.updatedAtMs ?? undefined,
    creatorUser: row.creatorUser ?? undefined,
    externalUser: row.externalUser ?? undefined,
    hasByokInLimit: row.hasByokInLimit === 1
  }
}

function writeRow ({ record, hash }: HashedKey) {
  return {
    id: record.id,
    name: record.name,
    digest: Buffer.from(hash, 'hex'),
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
    project: record.project ?? null,
    ...writeAdministration(record)
  }
}

function writeAdministration (record: HashedKey['record']) {
  return {
    isManagement: Number(record.isManagement),
    disabledAtMs: record.disabledAtMs ?? null,
    updatedAtMs: record.updatedAtMs ?? null,
    creatorUser: record.creatorUser ?? null,
    externalUser: record.externalUser ?? null,
    hasByokInLimit: Number(record.hasByokInLimit)
  }
}

function readList (text: string | null): readonly string[] | undefined {
  return text === null ? undefined : JSON.parse(text) as string[]
}

function writeList (list: readonly string[] | undefined): string | null {
  return list === undefined ? null : JSON.stringify(list)
}
