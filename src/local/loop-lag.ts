// How late the event loop runs: the sign that the process itself is the bottleneck, before anything else tells.
//
// One timer asks to be called every TICK_MS and measures how late it comes. It runs only while there is work to watch:
// an idle broker wakes for nothing.

import type { Clock } from '../core/clock.ts'

const TICK_MS = 50
/** Time over which lateness is averaged: one long garbage collection is not overload, a second of lateness is. */
const MEMORY_MS = 1_000
/** Below it nothing is left to watch. */
const CALM_MS = 1

export interface LoopLagOptions {
  readonly clock: Clock
  /** Smoothed lateness above which the loop counts as late; 0: never. */
  readonly limitMs: number
  /** While it answers true the loop is watched. */
  readonly isBusy: () => boolean
}

export class LoopLag {
  readonly #options: LoopLagOptions
  #isWatching = false
  #stop: () => void = () => {}
  #dueMs = 0
  #smoothedMs = 0

  constructor (options: LoopLagOptions) {
    this.#options = options
  }

  /** Called whenever work comes in: cheap when the loop is watched already. */
  watch (): void {
    if (this.#isWatching || this.#options.limitMs === 0) return
    this.#isWatching = true
    this.#tickLater(this.#options.clock.monotonicMs())
  }

  close (): void {
    this.#stop()
    this.#isWatching = true // and never ticks again
  }

  get isHigh (): boolean { return this.#smoothedMs > this.#options.limitMs && this.#options.limitMs > 0 }
  get smoothedMs (): number { return this.#smoothedMs }

  #tickLater (nowMs: number): void {
    this.#dueMs = nowMs + TICK_MS
    this.#stop = this.#options.clock.after(TICK_MS, () => { this.#tick() })
  }

  #tick (): void {
    const { clock, isBusy } = this.#options
    const nowMs = clock.monotonicMs()
    const lateMs = Math.max(0, nowMs - this.#dueMs)
    // A late tick stands for all the time it took, so its weight grows with it.
    const weight = 1 - Math.exp(-(TICK_MS + lateMs) / MEMORY_MS)
    this.#smoothedMs += (lateMs - this.#smoothedMs) * weight
    if (isBusy() || this.#smoothedMs > CALM_MS) return this.#tickLater(nowMs)
    this.#isWatching = false
    this.#smoothedMs = 0
  }
}
