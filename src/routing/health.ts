// Which backends are well: a breaker for each that was called. What a breaker does is in breaker.ts.

import type { Clock } from '../core/clock.ts'
import type { Outcome } from '../core/outcome.ts'
import { Breaker, type BreakerState } from './breaker.ts'

export interface BackendHealth {
  /** `<provider>:<model id>` */
  readonly id: string
  readonly state: BreakerState
  /** Failures in a row that are the provider's. */
  readonly failures: number
  /** Ms until a call may go; 0: now. */
  readonly retryInMs: number
  /** The last failure in the provider's own words, which may echo a request: for operators only. */
  readonly lastReason: string | undefined
  /** Wall ms of the last failure that counted. */
  readonly lastFailureAtMs: number | undefined
  /** Wall ms when the breaker last opened or closed. */
  readonly changedAtMs: number
}

/** Why a backend may not be called now. */
export interface Rest {
  readonly waitMs: number
  readonly failures: number
  /** The failure in our own words: whoever asks about this backend may read them. */
  readonly reason: string
}

export interface Health {
  /** Milliseconds until the backend may be tried again; 0: now (closed, or its probe is free). */
  coolingMs (backendId: string): number
  /** Undefined: it may be tried now. */
  restOf (backendId: string): Rest | undefined
  /** Exchange after exchange failed at it: a second try at once is not worth its time. */
  isFaltering (backendId: string): boolean
  /** It failed within the last 30 s, and has not answered since. */
  hasJustFailed (backendId: string): boolean
  /** Claims the right to call: false when it rests or its probe is under way. Each claimed call ends in `note` once. */
  claim (backendId: string): boolean
  /** What a call came to. Only answers and the provider's failures are judged; anything else frees the probe. */
  note (backendId: string, outcome: Outcome): void
  /** A claimed call has begun to answer; its `note` comes later. */
  prove (backendId: string): void
  /** What is known, for metrics, explain and `models --health`; backends that were never called are not in it. */
  list (): readonly BackendHealth[]
}

export interface HealthParts {
  readonly clock: Pick<Clock, 'monotonicMs' | 'nowMs'>
  /** Numbers in [0, 1). */
  readonly random: () => number
}

/** Backends remembered. Clients can name backends that nobody configured, so the list must not grow with them. */
const MOST_BACKENDS = 1_000
/** https://openrouter.ai/docs/guides/routing/provider-selection: "significant outages in the last 30 seconds". */
const FAILING_MS = 30_000

export function createHealth ({ clock, random }: HealthParts): Health {
  const breakers = new Map<string, Breaker>()

  const breakerOf = (backendId: string): Breaker => {
    const known = breakers.get(backendId)
    if (known) return known
    const breaker = new Breaker(random, clock.nowMs())
    if (breakers.size >= MOST_BACKENDS) breakers.delete(leastMissed(breakers, clock.monotonicMs()))
    breakers.set(backendId, breaker)
    return breaker
  }

  return {
    coolingMs: (backendId) => breakers.get(backendId)?.waitMs(clock.monotonicMs()) ?? 0,
    restOf (backendId) {
      const breaker = breakers.get(backendId)
      const waitMs = breaker?.waitMs(clock.monotonicMs()) ?? 0
      if (!breaker || waitMs === 0) return undefined
      return { waitMs, failures: breaker.failures, reason: ownWords(breaker.lastFailure) }
    },
    isFaltering: (backendId) => (breakers.get(backendId)?.failures ?? 0) > 1,
    hasJustFailed: (backendId) =>
      (breakers.get(backendId)?.sinceFailureMs(clock.monotonicMs()) ?? Infinity) < FAILING_MS,
    claim: (backendId) => breakerOf(backendId).claim(clock.monotonicMs()),
    note (backendId, outcome) {
      breakerOf(backendId).note(outcome, { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() })
    },
    prove (backendId) {
      breakers.get(backendId)?.prove({ monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() })
    },
    list () {
      const nowMs = clock.monotonicMs()
      return [...breakers].map(([id, breaker]) => ({
        id,
        state: breaker.state(nowMs),
        failures: breaker.failures,
        retryInMs: breaker.waitMs(nowMs),
        lastReason: providersWords(breaker.lastFailure),
        lastFailureAtMs: breaker.lastFailureAtMs,
        changedAtMs: breaker.changedAtMs
      }))
    }
  }
}

/** The oldest that nothing is wrong with, else the oldest: made-up names must not push out those that rest. */
function leastMissed (breakers: ReadonlyMap<string, Breaker>, nowMs: number): string {
  for (const [id, breaker] of breakers) if (breaker.failures === 0 && breaker.state(nowMs) === 'closed') return id
  const [oldest = ''] = breakers.keys()
  return oldest
}

function providersWords (failure: Outcome | undefined): string | undefined {
  return failure && 'reason' in failure ? failure.reason : undefined
}

function ownWords (failure: Outcome | undefined): string {
  switch (failure?.kind) {
    case 'failed': return failure.status >= 400 ? `answered ${failure.status}` : 'gave an answer that could not be used'
    case 'unreachable': return 'could not be reached'
    case 'stalled': return 'did not answer in time'
    case 'cut': return 'broke off in the middle of its answer'
    default: return 'failed'
  }
}
