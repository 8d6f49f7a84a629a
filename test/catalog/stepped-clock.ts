// A clock whose timers run when a test lets time pass, and that can be asked to say when something was put on it.

import type { Clock } from '../../src/core/clock.ts'

interface Timer {
  readonly dueMs: number
  fn (): void
}

export interface SteppedClock extends Clock {
  /** Runs what falls due on the way, in order. */
  pass (ms: number): void
  /** Resolves when somebody asks for a timer of this length. */
  asked (delayMs: number): Promise<void>
  readonly waiting: number
}

export function steppedClock (): SteppedClock {
  let now = 0
  let timers: Timer[] = []
  const askers: Array<{ delayMs: number, resolve: () => void }> = []
  return {
    nowMs: () => now,
    monotonicMs: () => now,
    after (delayMs, fn) {
      const timer = { dueMs: now + delayMs, fn }
      timers.push(timer)
      for (const asker of askers) if (asker.delayMs === delayMs) asker.resolve()
      return () => { timers = timers.filter((other) => other !== timer) }
    },
    pass (ms) {
      const end = now + ms
      for (;;) {
        const next = timers.filter(({ dueMs }) => dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0]
        if (!next) break
        timers = timers.filter((timer) => timer !== next)
        now = next.dueMs
        next.fn()
      }
      now = end
    },
    asked: (delayMs) => new Promise((resolve) => { askers.push({ delayMs, resolve }) }),
    get waiting () { return timers.length }
  }
}
