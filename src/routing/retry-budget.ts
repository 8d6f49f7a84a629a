// How often a backend may be asked once more after a failure: a share of the traffic, so that an outage is not doubled
// by everybody's second try.
//
// DESIGN. Retries of the last ten seconds are at most 20 % of the requests of the same time, or ten where that is more:
// a quiet broker may always retry. Only second tries at the same backend are counted. Going on to another backend is
// not: each is asked once per exchange, and a backend that keeps failing is taken out by its breaker (breaker.ts).
// Time is cut into seconds: a ring of ten counters each, cleared as they come round, and their sums kept beside them.
// Nothing is made per call, and a call costs at most ten steps however long nobody came.

import type { Clock } from '../core/clock.ts'

export interface RetryBudget {
  /** A request has come in. */
  noteRequest (): void
  /** Claims one retry: true when it may be made, and counted then. */
  mayRetry (): boolean
  /** Claims since the start, for metrics. */
  readonly granted: number
  readonly refused: number
}

const SECONDS = 10
const SHARE = 0.2
/** Retries in ten seconds that are always allowed. */
const FLOOR = 10

export function createRetryBudget ({ clock }: { readonly clock: Pick<Clock, 'monotonicMs'> }): RetryBudget {
  return new Ring(clock)
}

class Ring implements RetryBudget {
  granted = 0
  refused = 0
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #requests = new Uint32Array(SECONDS)
  readonly #retries = new Uint32Array(SECONDS)
  #requestSum = 0
  #retrySum = 0
  /** The second that is being counted. */
  #second: number

  constructor (clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
    this.#second = secondOf(clock)
  }

  noteRequest (): void {
    const at = this.#advance()
    this.#requests[at] = (this.#requests[at] ?? 0) + 1
    this.#requestSum++
  }

  mayRetry (): boolean {
    const at = this.#advance()
    if (this.#retrySum >= Math.max(FLOOR, Math.floor(this.#requestSum * SHARE))) {
      this.refused++
      return false
    }
    this.#retries[at] = (this.#retries[at] ?? 0) + 1
    this.#retrySum++
    this.granted++
    return true
  }

  /** The place of this second in the ring, with the seconds that are over forgotten. */
  #advance (): number {
    const second = secondOf(this.#clock)
    const passed = Math.min(SECONDS, second - this.#second)
    for (let step = 0; step < passed; step++) this.#forget((second - step) % SECONDS)
    this.#second = second
    return second % SECONDS
  }

  #forget (at: number): void {
    this.#requestSum -= this.#requests[at] ?? 0
    this.#retrySum -= this.#retries[at] ?? 0
    this.#requests[at] = 0
    this.#retries[at] = 0
  }
}

function secondOf (clock: Pick<Clock, 'monotonicMs'>): number {
  return Math.floor(clock.monotonicMs() / 1_000)
}
