// The real clock with timers that go off when a test says so.

import { systemClock, type Clock } from '../../src/core/clock.ts'

export interface TickingClock extends Clock {
  /** Timers that wait now. */
  readonly waiting: number
  /** Sets off every timer that waits, and lets what they begin be done. */
  tick (): Promise<void>
}

/** Only timers of `delayMs` are held; without it, all of them. */
export function tickingClock (delayMs?: number): TickingClock {
  const timers = new Set<() => void>()
  return {
    ...systemClock,
    get waiting () { return timers.size },
    after (afterMs, fn) {
      if (delayMs !== undefined && afterMs !== delayMs) return systemClock.after(afterMs, fn)
      timers.add(fn)
      return () => { timers.delete(fn) }
    },
    async tick () {
      const due = [...timers]
      timers.clear()
      for (const fn of due) fn()
      await new Promise((resolve) => { setImmediate(resolve) })
    }
  }
}
