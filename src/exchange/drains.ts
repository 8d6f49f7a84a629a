// Answers read to their end after their client left, because their provider bills for the whole of them either way:
// what they cost is then told instead of estimated. Bounded in number and time.

import type { Clock } from '../core/clock.ts'

const MOST_DRAINS = 100
const LONGEST_DRAIN_MS = 60_000

export interface Drains {
  /** `onOver` is called if the time is over first. The returned function frees the place; undefined: none is free. */
  begin (onOver: () => void): (() => void) | undefined
  readonly running: number
}

export function createDrains (clock: Pick<Clock, 'after'>): Drains {
  let running = 0
  return {
    begin (onOver) {
      if (running === MOST_DRAINS) return undefined
      running++
      const disarm = clock.after(LONGEST_DRAIN_MS, onOver)
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        running--
        disarm()
      }
    },
    get running () { return running }
  }
}
