// Recent outcomes per backend; passive only, no paid probes.
//
// DESIGN. After three failures in a row that are the provider's a backend rests for 5 s; the first failure after a rest
// doubles it, up to 60 s; one answer ends it. Failures during a rest come from calls that were under way before and
// count nothing: otherwise one bad second under load would already mean the longest rest.

import type { Clock } from '../core/clock.ts'
import { OUTCOME_RULES, type Outcome } from '../core/outcome.ts'

export interface Health {
  /** Milliseconds until the backend may be tried again; 0: now. */
  coolingMs (backendId: string): number
  note (backendId: string, outcome: Outcome): void
}

const FAILURES_BEFORE_REST = 3
const FIRST_REST_MS = 5_000
const LONGEST_REST_MS = 60_000
/** Backends remembered. Clients can name backends that nobody configured, so the list must not grow with them. */
const MOST_BACKENDS = 1_000

interface Trouble {
  failures: number
  restMs: number
  restsUntilMs: number
}

export function createHealth ({ clock }: { clock: Pick<Clock, 'monotonicMs'> }): Health {
  const troubles = new Map<string, Trouble>()

  const noteFailure = (backendId: string): void => {
    const nowMs = clock.monotonicMs()
    const trouble = troubles.get(backendId) ?? { failures: 0, restMs: 0, restsUntilMs: 0 }
    if (trouble.restsUntilMs > nowMs) return
    trouble.failures++
    if (trouble.failures >= FAILURES_BEFORE_REST) {
      trouble.restMs = Math.min(LONGEST_REST_MS, Math.max(FIRST_REST_MS, trouble.restMs * 2))
      trouble.restsUntilMs = nowMs + trouble.restMs
    }
    troubles.delete(backendId) // to the end of the line: the front is forgotten first
    troubles.set(backendId, trouble)
    if (troubles.size > MOST_BACKENDS) troubles.delete(troubles.keys().next().value as string)
  }

  return {
    coolingMs (backendId) {
      const trouble = troubles.get(backendId)
      return trouble ? Math.max(0, trouble.restsUntilMs - clock.monotonicMs()) : 0
    },
    note (backendId, outcome) {
      if (outcome.kind === 'answered') troubles.delete(backendId)
      else if (OUTCOME_RULES[outcome.kind].blame === 'provider') noteFailure(backendId)
    }
  }
}
