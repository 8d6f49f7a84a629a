// A plan without candidates in words: which filter refused each backend, and what is the least that would help.

import type { ErrorCode } from '../core/errors.ts'
import type { Exclusion, Plan } from './plan.ts'
import { distanceOf, reasonFor } from './reasons.ts'

export interface NothingEligible {
  /**
   * What the client is told. Where waiting helps, whoever is back first decides: `backends_resting` for a breaker,
   * `all_throttled` for a credential. Those that are out for good do not count: a client that is told "not found"
   * would never try again. `too_costly` when the client's own limit is what is nearest to let one in.
   */
  readonly code: Extract<ErrorCode, 'nothing_eligible' | 'all_throttled' | 'backends_resting' | 'too_costly'>
  /** Every backend with its reason, then the nearest miss. Ends with a full stop. */
  readonly reason: string
  /** Seconds until the first is back, at least 1; undefined for `nothing_eligible`. */
  readonly retryAfterS: number | undefined
}

/** `auto` can have hundreds. */
const MOST_NAMED = 8

/** Whoever was eligible when it was planned was taken meanwhile: the place of a probe, or the last ready credential. */
const TAKEN: NothingEligible = {
  code: 'backends_resting', reason: 'another request finds out whether it is back.', retryAfterS: 1
}

/** A plan without candidates, or one none of whose candidates could be asked. */
export function describeNothingEligible ({ candidates, excluded }: Plan): NothingEligible {
  if (candidates.length > 0) return TAKEN
  const reason = reasonOf(excluded)
  const first = firstBack(excluded)
  if (first?.waitMs === undefined) return { code: lastingCode(excluded), reason, retryAfterS: undefined }
  const code = first.code === 'backend_cooling' ? 'backends_resting' : 'all_throttled'
  return { code, reason, retryAfterS: Math.max(1, Math.ceil(first.waitMs / 1_000)) }
}

function lastingCode (excluded: readonly Exclusion[]): 'nothing_eligible' | 'too_costly' {
  const isCost = excluded.some(({ code }) => code === 'too_costly')
  return isCost && excluded.every(({ code }) => distanceOf(code) >= distanceOf('too_costly')) ? 'too_costly' : 'nothing_eligible'
}

function firstBack (excluded: readonly Exclusion[]): Exclusion | undefined {
  const [first] = excluded
    .filter(({ waitMs }) => waitMs !== undefined)
    .sort((a, b) => (a.waitMs ?? 0) - (b.waitMs ?? 0))
  return first
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
