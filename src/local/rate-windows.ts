// Counters per name and fixed window. Time is monotonic: a wall-clock jump neither frees nor blocks anybody.
//
// The number of names is bounded, because a stranger chooses them: the one unused for longest is forgotten first.

import type { Clock } from '../core/clock.ts'

/** Names remembered at once; about 2 MB when full. */
const MOST_NAMES = 10_000

export interface WindowCount {
  /** Calls in this window, this one included. */
  readonly count: number
  /** Until the window ends; above 0. */
  readonly remainingMs: number
}

interface Window {
  count: number
  endsAtMs: number
}

export class RateWindows {
  readonly #clock: Clock
  readonly #most: number
  readonly #windows = new Map<string, Window>()

  constructor (clock: Clock, most = MOST_NAMES) {
    this.#clock = clock
    this.#most = most
  }

  /** Counts one call under the name. A window starts with its first call and lasts `windowMs`. */
  hit (name: string, windowMs: number): WindowCount {
    const nowMs = this.#clock.monotonicMs()
    const window = this.#live(name, nowMs) ?? { count: 0, endsAtMs: nowMs + windowMs }
    window.count++
    // Deleted and set again, a Map keeps names in order of use: the first one is the one to forget.
    this.#windows.delete(name)
    if (this.#windows.size >= this.#most) this.#forgetOne()
    this.#windows.set(name, window)
    return { count: window.count, remainingMs: window.endsAtMs - nowMs }
  }

  get size (): number { return this.#windows.size }

  #live (name: string, nowMs: number): Window | undefined {
    const window = this.#windows.get(name)
    return window !== undefined && window.endsAtMs > nowMs ? window : undefined
  }

  #forgetOne (): void {
    const first = this.#windows.keys().next()
    if (!first.done) this.#windows.delete(first.value)
  }
}
