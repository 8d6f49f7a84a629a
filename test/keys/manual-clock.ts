// A clock that stands still until a test moves it.

import type { Clock } from '../../src/core/clock.ts'

export interface ManualClock extends Clock {
  /** Moves both clocks. */
  pass (ms: number): void
  /** Sets the wall clock only, as an operator or NTP does. */
  jump (ms: number): void
}

export function manualClock (startMs = 1_800_000_000_000): ManualClock {
  let wallMs = startMs
  let monotonicMs = 5_000
  return {
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    after: () => () => {},
    pass (ms) {
      wallMs += ms
      monotonicMs += ms
    },
    jump (ms) { wallMs += ms }
  }
}
