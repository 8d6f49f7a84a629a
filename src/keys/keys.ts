// Client keys: secrets we issue. Stored as SHA-256 digests, shown once, looked up by digest.

import type { NanoUsd } from '../core/money.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'

/** What a client key may do. `undefined` limits nothing. */
export interface KeyRecord {
  /** `key_<8 chars>`; safe to show and store. */
  readonly id: string
  readonly name: string
  readonly createdAtMs: number
  readonly expiresAtMs: number | undefined
  readonly revokedAtMs: number | undefined
  readonly rpm: number | undefined
  readonly maxInFlight: number | undefined
  readonly budget: NanoUsd | undefined
  readonly models: readonly string[] | undefined
  readonly providers: readonly string[] | undefined
  /** Web origins this key may be used from. */
  readonly origins: readonly string[] | undefined
  /** For requests that choose none; undefined: the model decides. */
  readonly streamMode: StreamMode | undefined
  /** For models whose price is not known; undefined: as the broker does. */
  readonly unknownPrice: UnknownPrice | undefined
  /** Whose budgets its requests count in, besides its own. */
  readonly team: string | undefined
  readonly project: string | undefined
  /** It administers, and may not ask for inference. */
  readonly isManagement: boolean
  /** Undefined: not disabled. */
  readonly disabledAtMs: number | undefined
  /** Undefined: as it was made. */
  readonly updatedAtMs: number | undefined
  /** Who made it and whose it is, in the words of who administers. */
  readonly creatorUser: string | undefined
  readonly externalUser: string | undefined
  /** Kept for clients that ask; there are no provider keys of clients here. */
  readonly hasByokInLimit: boolean
}

export type NewKey = Partial<Omit<KeyRecord, 'id' | 'createdAtMs' | 'revokedAtMs' | 'updatedAtMs' | 'disabledAtMs'>>

/** What may change in a key; absent members stay as they are. */
export type KeyChanges = Partial<Pick<KeyRecord, 'name' | 'expiresAtMs' | 'hasByokInLimit'>> & {
  readonly isDisabled?: boolean
}

/** A key by the name it has towards who administers: the SHA-256 of its token, in hex. */
export interface HashedKey {
  readonly hash: string
  readonly record: KeyRecord
}

export interface KeyPage {
  readonly offset: number
  readonly limit: number
  readonly hasDisabled: boolean
}

/** Of keys that are not revoked; more are not made. */
export const MOST_KEYS = 10_000

export interface KeyStore {
  /**
   * True as soon as one key was ever made: from then on a key is required. Revoked and expired keys count, or taking
   * away the last key would let everybody in.
   */
  isRequired (): boolean
  /** Whether some usable key was granted to the web origin. Says nothing about the key of a request. */
  isGranted (origin: string): boolean
  /** The key's record; undefined when unknown, disabled, revoked or expired. Same time and answer for all. */
  check (token: string): KeyRecord | undefined
  /**
   * Makes a key; `token` is shown once and never stored.
   * @throws GatewayError `too_many_keys`
   */
  create (key: NewKey): { readonly token: string } & HashedKey
  list (): readonly KeyRecord[]
  /** Keys as rows have them, oldest first: no revoked, no management and none of the operator's keys. */
  page (page: KeyPage): readonly HashedKey[]
  /** One of them by its hash, or one that was revoked. */
  byHash (hash: string): HashedKey | undefined
  /** A usable key. */
  find (id: string): KeyRecord | undefined
  /** Writes what differs; a key that is as it should be stays untouched. */
  change (key: HashedKey, changes: KeyChanges): HashedKey
  /** False: no such key, or revoked already. */
  revoke (id: string): boolean
}
