// Time as a parameter: everything that waits or dates asks a Clock, so tests can move time by hand.

export interface Clock {
  /** Wall clock, ms since the epoch. For dates in rows and headers only. */
  nowMs (): number
  /** Monotonic ms. For durations, deadlines and rate windows: a wall-clock jump must not change them. */
  monotonicMs (): number
  /** Calls `fn` once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after (delayMs: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: Date.now,
  monotonicMs: () => performance.now(),
  after (delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    timer.unref()
    return () => { clearTimeout(timer) }
  }
}
