// Work of a running broker that nobody waits for: in small steps, and now and then.

import type { Clock } from '../../core/clock.ts'
import type { OutageParts } from './outage.ts'

export interface UpkeepParts extends Pick<OutageParts, 'alarm'> {
  readonly clock: Clock
}

/** One kind of work. */
export interface Chore {
  /** Makes one step of some milliseconds. @returns false when nothing is left to do. */
  readonly step: () => boolean
  /** What is told when a step throws, once until one succeeds. */
  readonly failure: string
}

export const FIRST_LOOK_MS = 30_000
/** After a look that found nothing. */
export const LOOK_EVERY_MS = 600_000
/** Between two steps. */
const REST_MS = 100

/** @returns what ends it. */
export function startUpkeep ({ clock, alarm }: UpkeepParts, chores: readonly Chore[]): () => void {
  const failed = new Set<Chore>()
  let cancel = clock.after(FIRST_LOOK_MS, look)

  function look (): void {
    cancel = clock.after(chores.some(step) ? REST_MS : LOOK_EVERY_MS, look)
  }

  function step (chore: Chore): boolean {
    try {
      const hasMore = chore.step()
      failed.delete(chore)
      return hasMore
    } catch (error) {
      if (!failed.has(chore)) alarm(`${chore.failure}; it is tried again`, error as Error)
      failed.add(chore)
      return false
    }
  }
  return () => { cancel() }
}
