// A plan without candidates in words: which filter refused each backend, and what is the least that would help.

import type { Exclusion, Plan } from './plan.ts'
import { distanceOf, reasonFor } from './reasons.ts'

export interface NothingEligible {
  /** For `nothing_eligible`: every backend with its reason, then the nearest miss. Ends with a full stop. */
  readonly reason: string
  /**
   * Set when waiting helps, because a backend is out only for resting: seconds until the first is back, at least 1.
   * Those that are out for good do not count: a client that is told "not found" would never try again.
   */
  readonly retryAfterS: number | undefined
}

/** `auto` can have hundreds. */
const MOST_NAMED = 8

export function describeNothingEligible ({ excluded }: Plan): NothingEligible {
  return { reason: reasonOf(excluded), retryAfterS: retryAfterOf(excluded) }
}

function reasonOf (excluded: readonly Exclusion[]): string {
  // Sorting is stable: among equally near ones the operator's order counts.
  const byDistance = excluded.toSorted((a, b) => distanceOf(a.code) - distanceOf(b.code))
  const [nearest] = byDistance
  if (!nearest) return 'no model of modelsconfig.yml is for this endpoint.'
  const named = byDistance.slice(0, MOST_NAMED)
    .map(({ backend, code, detail }) => `${backend.id} ${reasonFor(code, detail).reason}`)
  if (excluded.length > MOST_NAMED) named.push(`and ${excluded.length - MOST_NAMED} more`)
  const { wouldHelp } = reasonFor(nearest.code, nearest.detail)
  return `${named.join('; ')}. Nearest is ${nearest.backend.id}: ${wouldHelp}.`
}

function retryAfterOf (excluded: readonly Exclusion[]): number | undefined {
  const waits = excluded
    .filter(({ code }) => code === 'credential_cooling' || code === 'backend_cooling')
    .map(({ detail }) => Number(detail))
  return waits.length === 0 ? undefined : Math.max(1, Math.ceil(Math.min(...waits) / 1_000))
}
