// The key store over SQLite: every check is one hash and one look-up in memory.
//
// DESIGN. What must hold, and how:
// - Wrong, unknown, revoked and expired keys cost and answer the same: one SHA-256, one look-up by digest, one
//   constant-time comparison, whatever the token. What is compared are digests, so no byte of a secret can be guessed.
// - A change made by another process (`aibroker token revoke` beside a running broker) counts within a second: at most
//   once a second the file is asked whether anybody else has written, and only then the table is read again.
// - A change made here counts from the next check on, and one that was rolled back never does: the row is read again,
//   and memory not changed beside it. It alone is read: making ten thousand keys reads each of them once.
// - A store that cannot be read lets nobody in: the error goes up, no stale answer is given.

import { timingSafeEqual } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { OPERATOR_PREFIX } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import { GatewayError } from '../core/errors.ts'
import {
  MOST_KEYS, type HashedKey, type KeyChanges, type KeyPage, type KeyRecord, type KeyStore, type NewKey
} from './keys.ts'
import { openKeyRows, type KeyRows } from './key-rows.ts'
import { digestOf, makeToken } from './token.ts'

const FRESH_MS = 1_000
const DIGEST_CHARS = 64

export interface SqliteKeysParts {
  /** Open, with the table of the migrations. Stays the caller's to close. */
  readonly database: Database
  readonly clock: Clock
  readonly random: RandomBytes
  /** Tokens given by the operator; they have no row and no limits, and cannot be revoked here. */
  readonly operatorKeys: readonly string[]
}

interface Entry {
  readonly record: KeyRecord | undefined
  readonly digest: Buffer
}

/** What an unknown digest is compared with: no hex digest equals it. */
const NOBODY: Entry = { record: undefined, digest: Buffer.alloc(DIGEST_CHARS) }

export class SqliteKeys implements KeyStore {
  readonly #database: Database
  readonly #rows: KeyRows
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #operators: readonly HashedKey[]
  readonly #digest = Buffer.alloc(DIGEST_CHARS)
  #entries = new Map<string, Entry>()
  #byId = new Map<string, HashedKey>()
  /** Ids of keys that are not revoked, usable or not. */
  #inForce = new Set<string>()
  /** Ids of keys that were changed here, and have to be read again. */
  readonly #touched = new Set<string>()
  #origins: ReadonlySet<string> = new Set()
  #isRequired = false
  #version = -1
  #checkedAtMs = 0

  constructor ({ database, clock, random, operatorKeys }: SqliteKeysParts) {
    this.#database = database
    this.#rows = openKeyRows(database)
    this.#clock = clock
    this.#random = random
    this.#operators = operatorKeys.map((token, index) => operatorKey(token, index, clock.nowMs()))
    this.#reload()
  }

  isRequired (): boolean {
    this.#refresh()
    return this.#isRequired
  }

  isGranted (origin: string): boolean {
    this.#refresh()
    return this.#origins.has(origin)
  }

  check (token: string): KeyRecord | undefined {
    this.#refresh()
    const digest = digestOf(token)
    const { record, digest: known } = this.#entries.get(digest) ?? NOBODY
    this.#digest.write(digest, 'latin1')
    return timingSafeEqual(this.#digest, known) && this.#isLive(record) ? record : undefined
  }

  create (key: NewKey): { readonly token: string } & HashedKey {
    if (this.#mayBeFull() && this.#rows.count() >= MOST_KEYS) throw new GatewayError('too_many_keys', { count: MOST_KEYS })
    const { id, token } = makeToken(this.#random)
    const made = { record: recordOf(id, this.#clock.nowMs(), key), hash: digestOf(token) }
    this.#rows.insert(made)
    this.#touched.add(id)
    return { token, ...made }
  }

  list (): readonly KeyRecord[] {
    return [...this.#operators, ...this.#rows.all()].map(({ record }) => record)
  }

  page (page: KeyPage): readonly HashedKey[] {
    return this.#rows.page(page)
  }

  byHash (hash: string): HashedKey | undefined {
    return this.#rows.byHash(hash)
  }

  find (id: string): KeyRecord | undefined {
    this.#refresh()
    return this.#byId.get(id)?.record
  }

  change ({ hash, record }: HashedKey, changes: KeyChanges): HashedKey {
    const { isDisabled = record.disabledAtMs !== undefined, ...others } = changes
    const disabledAtMs = isDisabled ? record.disabledAtMs ?? this.#clock.nowMs() : undefined
    const changed = { ...record, ...others, disabledAtMs }
    if (isSame(record, changed)) return { hash, record }
    const written = { hash, record: Object.freeze({ ...changed, updatedAtMs: this.#clock.nowMs() }) }
    this.#rows.update(written)
    this.#touched.add(record.id)
    return written
  }

  revoke (id: string): boolean {
    const isRevoked = this.#rows.revoke(id, this.#clock.nowMs())
    if (isRevoked) this.#touched.add(id)
    return isRevoked
  }

  /** False is certain: nobody else has written, and every change of ours may have been another key. */
  #mayBeFull (): boolean {
    return this.#rows.version() !== this.#version || this.#inForce.size + this.#touched.size >= MOST_KEYS
  }

  #refresh (): void {
    const nowMs = this.#clock.monotonicMs()
    if (this.#touched.size === 0 && nowMs - this.#checkedAtMs < FRESH_MS) return
    if (this.#rows.version() !== this.#version) this.#reload()
    else if (this.#touched.size > 0) this.#rereadTouched()
    // Within a transaction nothing is certain: what it has changed is read once more when it is over.
    if (!this.#database.inTransaction) this.#touched.clear()
    this.#checkedAtMs = nowMs
  }

  #rereadTouched (): void {
    for (const id of this.#touched) {
      const before = this.#byId.get(id)
      const after = this.#rows.byId(id)
      if (before) this.#entries.delete(before.hash)
      this.#byId.delete(id)
      this.#inForce.delete(id)
      if (after) this.#admit(after)
      if (before?.record.origins || after?.record.origins) this.#origins = originsOf(this.#byId.values())
    }
    this.#isRequired = this.#operators.length > 0 || this.#rows.hasAny()
  }

  #admit (key: HashedKey): void {
    const { record, hash } = key
    if (record.revokedAtMs === undefined) this.#inForce.add(record.id)
    if (!this.#isLive(record)) return
    this.#entries.set(hash, { record, digest: Buffer.from(hash, 'latin1') })
    this.#byId.set(record.id, key)
  }

  #reload (): void {
    // The version first: a commit between the two reads is then seen again, never missed.
    const version = this.#rows.version()
    this.#entries = new Map()
    this.#byId = new Map()
    for (const key of this.#operators) this.#admit(key)
    this.#inForce = new Set() // those of the operator are no rows
    for (const key of this.#rows.inForce()) this.#admit(key)
    this.#isRequired = this.#operators.length > 0 || this.#rows.hasAny()
    this.#origins = originsOf(this.#byId.values())
    this.#version = version
    this.#checkedAtMs = this.#clock.monotonicMs()
  }

  #isLive (record: KeyRecord | undefined): boolean {
    if (record === undefined || record.revokedAtMs !== undefined || record.disabledAtMs !== undefined) return false
    return record.expiresAtMs === undefined || record.expiresAtMs > this.#clock.nowMs()
  }
}

function originsOf (keys: Iterable<HashedKey>): ReadonlySet<string> {
  return new Set([...keys].flatMap(({ record }) => record.origins ?? []))
}

function operatorKey (token: string, index: number, createdAtMs: number): HashedKey {
  return { record: recordOf(`${OPERATOR_PREFIX}${index}`, createdAtMs, {}), hash: digestOf(token) }
}

function recordOf (id: string, createdAtMs: number, key: NewKey): KeyRecord {
  return Object.freeze({
    id,
    name: key.name ?? id,
    createdAtMs,
    expiresAtMs: key.expiresAtMs,
    revokedAtMs: undefined,
    rpm: key.rpm,
    maxInFlight: key.maxInFlight,
    budget: key.budget,
    models: key.models,
    providers: key.providers,
    origins: key.origins,
    streamMode: key.streamMode,
    unknownPrice: key.unknownPrice,
    team: key.team,
    project: key.project,
    isManagement: key.isManagement ?? false,
    disabledAtMs: undefined,
    updatedAtMs: undefined,
    creatorUser: key.creatorUser,
    externalUser: key.externalUser,
    hasByokInLimit: key.hasByokInLimit ?? false
  })
}

function isSame (one: KeyRecord, other: KeyRecord): boolean {
  return one.name === other.name && one.expiresAtMs === other.expiresAtMs &&
    one.disabledAtMs === other.disabledAtMs && one.hasByokInLimit === other.hasByokInLimit
}
