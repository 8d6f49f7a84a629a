// The slow sweep of a running broker: old rows go a few at a time, so that nobody waits for it.

import type { Clock } from '../../core/clock.ts'
import type { OutageParts } from './outage.ts'
import type { Pruner } from './retention.ts'

export interface SweepParts extends Pick<OutageParts, 'alarm'> {
  readonly clock: Clock
  readonly pruner: Pruner
  /** Rows of requests older than this go. */
  readonly keepMs: number
}

/** After the start, and between two looks that found nothing. */
export const LOOK_EVERY_MS = 600_000
export const FIRST_LOOK_MS = 30_000
/** Between two transactions of some 4 ms: 2,500 exchanges a second at the most. */
const STEP_MS = 100

/** @returns what ends it. */
export function startSweep ({ clock, pruner, keepMs, alarm }: SweepParts): () => void {
  let hasFailed = false
  let cancel = clock.after(FIRST_LOOK_MS, look)

  function look (): void {
    cancel = clock.after(prune() ? STEP_MS : LOOK_EVERY_MS, look)
  }

  /** True when there may be more. */
  function prune (): boolean {
    try {
      const { exchanges } = pruner.next(clock.nowMs() - keepMs, clock.nowMs())
      hasFailed = false
      return exchanges > 0
    } catch (error) {
      if (!hasFailed) alarm('old rows of the ledger could not be pruned; it is tried again', error as Error)
      hasFailed = true
      return false
    }
  }
  return () => { cancel() }
}
