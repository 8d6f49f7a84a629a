// When blocks are sealed: between commits, while the event loop has little to do, or at the latest after some seconds.

import { performance } from 'node:perf_hooks'
import type { Clock } from '../../core/clock.ts'
import type { OutageParts } from './outage.ts'
import type { Sealer } from './seals.ts'

export interface SealScheduleParts extends Pick<OutageParts, 'alarm'> {
  readonly clock: Clock
  readonly sealer: Sealer
  /** Share of time the event loop worked since the last call; absent: as Node measures it. */
  readonly load?: () => number
}

/** After the first commit; further ones come into the same blocks. */
export const REST_MS = 1_000
/** Over this share of work the loop is busy, and sealing waits. */
const BUSY = 0.5
/** How often a busy loop is asked again: 4 s in all. */
const MOST_WAITS = 4
/** A block takes 0.4 ms: with this rest in between, sealing has less than a tenth of the time and outruns any load. */
const GAP_MS = 5
/** At the end, what can be sealed in this time is; the rest is sealed after the next start. */
const LAST_MS = 500

export class SealSchedule {
  readonly #parts: SealScheduleParts
  readonly #load: () => number
  #cancel: (() => void) | undefined
  #waits = 0
  #hasFailed = false

  constructor (parts: SealScheduleParts) {
    this.#parts = parts
    this.#load = parts.load ?? createLoadMeter()
  }

  /** A transaction was committed. */
  noteCommit (): void {
    if (this.#cancel === undefined) this.#after(REST_MS)
  }

  /** The last call: seals what is settled, for half a second at the most. */
  stop (): void {
    this.#cancel?.()
    const endMs = this.#parts.clock.monotonicMs() + LAST_MS
    while (this.#seal() > 0 && this.#parts.clock.monotonicMs() < endMs) { /* the next block */ }
  }

  #after (delayMs: number): void {
    this.#cancel = this.#parts.clock.after(delayMs, () => { this.#look() })
  }

  #look (): void {
    this.#cancel = undefined
    if (this.#waits < MOST_WAITS && this.#load() > BUSY) {
      this.#waits++
      return this.#after(REST_MS)
    }
    if (this.#seal() > 0) return this.#after(GAP_MS)
    this.#waits = 0
  }

  #seal (): number {
    const { sealer, clock, alarm } = this.#parts
    try {
      const sealed = sealer.next(clock.nowMs())
      this.#hasFailed = false
      return sealed
    } catch (error) {
      // The next commit tries again. A full disk is told by the commits themselves as well.
      if (!this.#hasFailed) alarm('rows of the ledger could not be sealed; it is tried again', error as Error)
      this.#hasFailed = true
      return 0
    }
  }
}

/** https://nodejs.org/docs/latest-v20.x/api/perf_hooks.html#performanceeventlooputilizationutilization1-utilization2 */
function createLoadMeter (): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
