// A pool of credentials per provider: least busy healthy one first, cool-down by what the provider said.

import type { Outcome } from '../core/outcome.ts'
import type { Secret } from '../core/secret.ts'

export interface Credential {
  /** `openai#0`; safe to store and show. */
  readonly id: string
  readonly provider: string
  /** Undefined: the provider needs none. */
  readonly secret: Secret | undefined
}

export type PoolState =
  | { readonly kind: 'ready' }
  /** No credential is configured. */
  | { readonly kind: 'none' }
  /** All are throttled or backing off, or bad; `retryAfterMs` is undefined when only a new key helps. */
  | { readonly kind: 'cooling', readonly retryAfterMs: number | undefined }

export interface Credentials {
  /** Whether `take` would succeed now. Called per backend while planning: must cost next to nothing. */
  state (provider: string): PoolState
  /** The least busy healthy credential, counted busy until given back; undefined when none is ready. */
  take (provider: string): Credential | undefined
  /** Every taken credential comes back exactly once, with what the attempt came to. */
  giveBack (credential: Credential, outcome: Outcome): void
}
