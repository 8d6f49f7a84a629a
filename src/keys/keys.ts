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
}

export type NewKey = Partial<Omit<KeyRecord, 'id' | 'createdAtMs' | 'revokedAtMs'>>

export interface KeyStore {
  /**
   * True as soon as one key was ever made: from then on a key is required. Revoked and expired keys count, or taking
   * away the last key would let everybody in.
   */
  isRequired (): boolean
  /** Whether some usable key was granted to the web origin. Says nothing about the key of a request. */
  isGranted (origin: string): boolean
  /** The key's record; undefined when unknown, revoked or expired. Same time and answer for all three. */
  check (token: string): KeyRecord | undefined
  /** Makes a key; `token` is shown once and never stored. */
  create (key: NewKey): { readonly token: string, readonly record: KeyRecord }
  list (): readonly KeyRecord[]
  /** False: no such key, or revoked already. */
  revoke (id: string): boolean
}
