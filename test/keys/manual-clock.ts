// A clock that stands still until a test moves it; timers go off on the way, in order.

import type { Clock } from '../../src/core/clock.ts'

export interface ManualClock extends Clock {
  /** Moves both clocks, and runs what falls due. */
  pass (ms: number): void
  /** The event loop stands still for so long: what fell due meanwhile runs late, all at the end. */
  lag (ms: number): void
  /** Sets the wall clock only, as an operator or NTP does. */
  jump (ms: number): void
  /** Timers that wait now. */
  readonly waiting: number
}

interface Timer {
  readonly dueMs: number
  fn (): void
}

export function manualClock (startMs = 1_800_000_000_000): ManualClock {
  let wallMs = startMs
  let monotonicMs = 5_000
  const timers = new Set<Timer>()
  const move = (toMs: number) => {
    wallMs += toMs - monotonicMs
    monotonicMs = toMs
  }
  return {
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    after (delayMs, fn) {
      const timer = { dueMs: monotonicMs + delayMs, fn }
      timers.add(timer)
      return () => { timers.delete(timer) }
    },
    pass (ms) {
      const endMs = monotonicMs + ms
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)
        if (next === undefined) break
        timers.delete(next)
        move(next.dueMs)
        next.fn()
      }
      move(endMs)
    },
    lag (ms) {
      move(monotonicMs + ms)
      const due = [...timers].filter(({ dueMs }) => dueMs <= monotonicMs).sort((a, b) => a.dueMs - b.dueMs)
      for (const timer of due) if (timers.delete(timer)) timer.fn()
    },
    jump (ms) { wallMs += ms },
    get waiting () { return timers.size }
  }
}
