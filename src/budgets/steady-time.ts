// Whether the wall clock is ahead of where it should be.
//
// DESIGN. The rule for windows of budgets: they go by the highest time seen, but only by time that can be believed. The
// wall clock should move as the monotonic one does. Where it is more than a minute ahead of that, requests count at the
// time it shows and nothing of it is remembered: when it comes back, the windows of before go on. Once it has stayed
// ahead for an hour it is believed (a machine that slept is right, and so is one whose clock was set at last). A clock
// that is set back is believed here at once when the step is over a day; windows decide about smaller ones themselves
// (current-span.ts).

import type { Clock } from '../core/clock.ts'

/** More than a clock is moved by at once while it is kept right. */
export const MOST_AHEAD_MS = 60_000
/** After this time a clock that is ahead is right. */
export const BELIEVED_AFTER_MS = 3_600_000
/** The largest step back that is taken for a clock that is wrong now, and not for one that was wrong before. */
export const LARGEST_STEP_MS = 86_400_000

export class SteadyTime {
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  /** Wall time minus monotonic time, as it is believed. */
  #lineMs: number | undefined
  /** By the monotonic clock. */
  #aheadSinceMs: number | undefined

  constructor (clock: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Ahead: no window may remember the time the wall clock shows now. */
  isAhead (): boolean {
    const monotonicMs = this.#clock.monotonicMs()
    const lineMs = this.#clock.nowMs() - monotonicMs
    const before = this.#lineMs ?? lineMs
    if (lineMs - before > MOST_AHEAD_MS) {
      this.#aheadSinceMs ??= monotonicMs
      if (monotonicMs - this.#aheadSinceMs < BELIEVED_AFTER_MS) return true
    }
    this.#aheadSinceMs = undefined
    this.#lineMs = before - lineMs > LARGEST_STEP_MS ? lineMs : Math.max(before, lineMs)
    return false
  }
}
