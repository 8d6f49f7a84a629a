// The key store over SQLite: every check is one hash and one look-up in memory.
//
// DESIGN. What must hold, and how:
// - Wrong, unknown, revoked and expired keys cost and answer the same: one SHA-256, one look-up by digest, one
//   constant-time comparison, whatever the token. What is compared are digests, so no byte of a secret can be guessed.
// - A change made by another process (`aibroker token revoke` beside a running broker) counts within a second: at most
//   once a second the file is asked whether anybody else has written, and only then the table is read again.
// - A change made here counts from the next check on, and one that was rolled back never does: memory is read again
//   from the rows, and not changed beside them.
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
  readonly #rows: KeyRows
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #operators: readonly HashedKey[]
  readonly #digest = Buffer.alloc(DIGEST_CHARS)
  #entries = new Map<string, Entry>()
  #byId = new Map<string, KeyRecord>()
  #origins: ReadonlySet<string> = new Set()
  #isRequired = false
  #version = -1
  #checkedAtMs = 0

  constructor ({ database, clock, random, operatorKeys }: SqliteKeysParts) {
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
    if (this.#rows.count() >= MOST_KEYS) throw new GatewayError('too_many_keys', { count: MOST_KEYS })
    const { id, token } = makeToken(this.#random)
    const made = { record: recordOf(id, this.#clock.nowMs(), key), hash: digestOf(token) }
    this.#rows.insert(made)
    this.#forget()
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
    return this.#byId.get(id)
  }

  change ({ hash, record }: HashedKey, changes: KeyChanges): HashedKey {
    const { isDisabled = record.disabledAtMs !== undefined, ...others } = changes
    const disabledAtMs = isDisabled ? record.disabledAtMs ?? this.#clock.nowMs() : undefined
    const changed = { ...record, ...others, disabledAtMs }
    if (isSame(record, changed)) return { hash, record }
    const written = { hash, record: Object.freeze({ ...changed, updatedAtMs: this.#clock.nowMs() }) }
    this.#rows.update(written)
    this.#forget()
    return written
  }

  revoke (id: string): boolean {
    const isRevoked = this.#rows.revoke(id, this.#clock.nowMs())
    this.#forget()
    return isRevoked
  }

  /** The rows may have changed: they are read again before anything is said of them. */
  #forget (): void {
    this.#version = -1
    this.#checkedAtMs = -Infinity
  }

  #refresh (): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#checkedAtMs < FRESH_MS) return
    if (this.#rows.version() !== this.#version) this.#reload()
    this.#checkedAtMs = nowMs
  }

  #reload (): void {
    // The version first: a commit between the two reads is then seen again, never missed.
    const version = this.#rows.version()
    const usable = [...this.#operators, ...this.#rows.inForce()].filter(({ record }) => this.#isLive(record))
    this.#isRequired = this.#operators.length > 0 || this.#rows.hasAny()
    this.#entries = new Map(usable.map(({ record, hash }) => [hash, { record, digest: Buffer.from(hash, 'latin1') }]))
    this.#byId = new Map(usable.map(({ record }) => [record.id, record]))
    this.#origins = new Set(usable.flatMap(({ record }) => record.origins ?? []))
    this.#version = version
    this.#checkedAtMs = this.#clock.monotonicMs()
  }

  #isLive (record: KeyRecord | undefined): boolean {
    if (record === undefined || record.revokedAtMs !== undefined || record.disabledAtMs !== undefined) return false
    return record.expiresAtMs === undefined || record.expiresAtMs > this.#clock.nowMs()
  }
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
