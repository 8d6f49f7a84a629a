// A pool of credentials per provider: least busy healthy one first, cool-down by what the provider said.
//
// DESIGN. A credential rests for what is its own: 429 (for the wait the provider asked for) and 401 (until the key is
// replaced; one call every 10 minutes finds out whether the account was mended). 402 and 403 can be about the account
// and about the request as well: one client's flagged input must not take the key from everybody, so only three
// exchanges in a row that were declined, without an answer between, make it rest, and briefly at first. A provider's
// own failures belong to its backends (routing/health.ts): a credential backs off for them only while another one of
// the same pool works, because then the failures are about the key, or the quota behind it, and not about the provider.
// Choosing costs one pass over the pool and makes nothing: a slot is the credential it lends.

import type { Clock } from '../core/clock.ts'
import { OUTCOME_RULES, type Outcome } from '../core/outcome.ts'
import type { Secret } from '../core/secret.ts'
import { CredentialSlot } from './credential-slot.ts'
import type { Providers, ResolvedProvider } from './registry.ts'

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
  /** All rest, and one is back by itself after `retryAfterMs`: throttled or backing off. */
  | { readonly kind: 'cooling', readonly retryAfterMs: number }
  /** Their provider turned all of them away, and only a person can help; one is tried again after `retryAfterMs`. */
  | { readonly kind: 'refused', readonly retryAfterMs: number }

export interface Credentials {
  /** Whether `take` would succeed now. Called per backend while planning: must cost next to nothing. */
  state (provider: string): PoolState
  /** The least busy healthy credential but `except`, counted busy until given back; undefined when none is ready. */
  take (provider: string, except?: readonly Credential[]): Credential | undefined
  /** Every taken credential comes back exactly once, with what the attempt came to. */
  giveBack (credential: Credential, outcome: Outcome): void
  /** An exchange was declined with this credential. Told once per exchange, at however many backends it happened. */
  noteDeclined (credential: Credential): void
}

export interface CredentialPools extends Credentials {
  /** After a reload: keys that stay keep their id, their rest and what they are busy with; the others come and go. */
  refresh (providers: Providers): void
}

export interface CredentialParts {
  readonly providers: Providers
  /** Empty: the provider has none. */
  readonly secretsOf: (provider: ResolvedProvider) => readonly Secret[]
  readonly clock: Pick<Clock, 'monotonicMs'>
}

const READY: PoolState = { kind: 'ready' }
const NONE: PoolState = { kind: 'none' }

/** @throws SettingsError when a source of secrets cannot be read. */
export function createCredentials ({ providers, secretsOf, clock }: CredentialParts): CredentialPools {
  let pools = poolsOf(providers, secretsOf, new Map())
  let turn = 0

  const isOtherWorking = (credential: CredentialSlot, nowMs: number): boolean =>
    pools.get(credential.provider)?.some((slot) => slot !== credential && slot.isWorking(nowMs)) ?? false

  return {
    state (provider) {
      const pool = pools.get(provider)
      if (!pool) return NONE
      const nowMs = clock.monotonicMs()
      let coolingMs = Infinity
      let refusedMs = Infinity
      for (const slot of pool) {
        if (slot.isReady(nowMs)) return READY
        if (slot.isRefused) refusedMs = Math.min(refusedMs, slot.waitMs(nowMs))
        else coolingMs = Math.min(coolingMs, slot.waitMs(nowMs))
      }
      return coolingMs === Infinity
        ? { kind: 'refused', retryAfterMs: refusedMs }
        : { kind: 'cooling', retryAfterMs: coolingMs }
    },
    take (provider, except) {
      const pool = pools.get(provider)
      if (!pool) return undefined
      const nowMs = clock.monotonicMs()
      let best: CredentialSlot | undefined
      for (const slot of pool) {
        if (slot.isReady(nowMs) && !except?.includes(slot) && (!best || slot.isBefore(best))) best = slot
      }
      best?.take(++turn, nowMs)
      return best
    },
    giveBack (credential, outcome) {
      const slot = slotOf(credential)
      slot.giveBack()
      const nowMs = clock.monotonicMs()
      slot.note(outcome, nowMs, OUTCOME_RULES[outcome.kind].blame === 'provider' && isOtherWorking(slot, nowMs))
    },
    noteDeclined (credential) {
      slotOf(credential).noteDeclined(clock.monotonicMs())
    },
    refresh (providers) {
      pools = poolsOf(providers, secretsOf, pools)
    }
  }
}

function slotOf (credential: Credential): CredentialSlot {
  if (credential instanceof CredentialSlot) return credential
  throw new Error(`credential ${credential.id} is not of this pool`)
}

type Pools = ReadonlyMap<string, readonly CredentialSlot[]>

function poolsOf (providers: Providers, secretsOf: CredentialParts['secretsOf'], before: Pools): Pools {
  const pools = new Map<string, readonly CredentialSlot[]>()
  for (const provider of providers.all()) {
    if (provider.url === undefined) continue
    const secrets = secretsOf(provider)
    if (secrets.length === 0 && provider.needsCredential) continue
    const wanted = secrets.length === 0 ? [undefined] : secrets
    pools.set(provider.id, poolOf(provider.id, wanted, before.get(provider.id) ?? []))
  }
  return pools
}

function poolOf (
  provider: string, wanted: ReadonlyArray<Secret | undefined>, before: readonly CredentialSlot[]
): CredentialSlot[] {
  const kept = wanted.map((secret) => before.find((slot) => slot.secret?.reveal() === secret?.reveal()))
  const taken = new Set(kept.map((slot) => slot?.id))
  let number = 0
  return wanted.map((secret, index) => {
    const slot = kept[index]
    if (slot) return slot
    while (taken.has(`${provider}#${number}`)) number++
    return new CredentialSlot(`${provider}#${number++}`, provider, secret)
  })
}
