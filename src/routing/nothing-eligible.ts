// A plan without candidates in words: which filter refused each backend, and what is the least that would help.

import type { ErrorCode } from '../core/errors.ts'
import type { ProviderWishes } from '../core/wishes.ts'
import { availabilityOf, providersOf, type Availability } from './availability.ts'
import type { Exclusion, ExclusionCode, Plan } from './plan.ts'
import { distanceOf, reasonFor } from './reasons.ts'

export interface NothingEligible {
  /**
   * What the client is told. Where waiting helps, whoever is back first decides: `backends_resting` for a breaker,
   * `all_throttled` for a credential. Those that are out for good do not count: a client that is told "not found"
   * would never try again. Without anybody who comes back, `credential_refused` where a provider turns our credential
   * away: no client can help that. `too_costly` when the client's own limit is what is nearest to let one in.
   */
  readonly code: LastingCode | Extract<ErrorCode, 'all_throttled' | 'backends_resting' | 'credential_refused'>
  /** Every backend with its reason, then the nearest miss. Ends with a full stop. */
  readonly reason: string
  /** Seconds until the first is back, at least 1; undefined where waiting does not help. */
  readonly retryAfterS: number | undefined
  /** Ids of those who turn our credential away, with `credential_refused`. */
  readonly refusedBy?: readonly string[]
  /** For `error.metadata`. */
  readonly metadata?: Record<string, unknown>
  readonly availability?: Availability
}

type LastingCode = Extract<ErrorCode,
  'nothing_eligible' | 'context_exceeded' | 'too_costly' | 'no_allowed_provider' | 'no_tool_use' | 'no_private_endpoint' | 'not_offered'>

/** What is said where this is what is nearest; clients look for OpenRouter's own sentences. */
const SAID_FOR: { readonly [code in ExclusionCode]?: LastingCode } = {
  too_costly: 'too_costly',
  context_too_small: 'context_exceeded',
  not_in_only: 'no_allowed_provider',
  ignored: 'no_allowed_provider',
  no_fallbacks: 'no_allowed_provider',
  data_collected: 'no_private_endpoint',
  data_retained: 'no_private_endpoint',
  not_offered: 'not_offered',
  needs_completions: 'not_offered'
}

/** `auto` can have hundreds. */
const MOST_NAMED = 8

/** Whoever was eligible when it was planned was taken meanwhile: the place of a probe, or the last ready credential. */
function taken (plan: Plan): NothingEligible {
  const reason = 'another request finds out whether it is back.'
  return { code: 'backends_resting', reason, retryAfterS: 1, availability: availabilityOf(plan, undefined, 1) }
}

/** A plan without candidates, or one none of whose candidates could be asked. `wished`: what the request asked for. */
export function describeNothingEligible (plan: Plan, wished?: ProviderWishes): NothingEligible {
  const { candidates, excluded } = plan
  if (candidates.length > 0) return taken(plan)
  // Sorting is stable: among equally near ones the operator's order counts.
  const byDistance = excluded.toSorted((a, b) => distanceOf(a.code) - distanceOf(b.code))
  const reason = reasonOf(byDistance)
  const first = firstBack(excluded)
  if (first && isRefused(first)) return turnedAway(plan, first, reason)
  if (first?.waitMs === undefined) {
    const [nearest] = byDistance
    const code = nearest ? codeFor(nearest) : 'nothing_eligible'
    const metadata = code === 'no_allowed_provider' ? { metadata: providersIn(excluded, wished) } : {}
    return { code, reason, retryAfterS: undefined, ...metadata, availability: availabilityOf(plan, nearest) }
  }
  const code = first.code === 'backend_cooling' ? 'backends_resting' : 'all_throttled'
  const retryAfterS = secondsOf(first.waitMs)
  return { code, reason, retryAfterS, availability: availabilityOf(plan, first, retryAfterS) }
}

function turnedAway (plan: Plan, first: Exclusion, reason: string): NothingEligible {
  const refusedBy = providersOf(plan.excluded.filter(isRefused))
  const retryAfterS = secondsOf(first.waitMs ?? 0)
  return {
    code: 'credential_refused', reason, retryAfterS, refusedBy, availability: availabilityOf(plan, first, retryAfterS)
  }
}

function secondsOf (waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1_000))
}

function codeFor ({ code, detail }: Exclusion): LastingCode {
  if (code === 'missing_capability' && detail === 'tool_calling') return 'no_tool_use'
  return SAID_FOR[code] ?? 'nothing_eligible'
}

function providersIn (excluded: readonly Exclusion[], wished: ProviderWishes | undefined) {
  const requested = wished?.only ?? wished?.order ?? []
  return { available_providers: providersOf(excluded), requested_providers: requested }
}

/** Who comes back by itself goes before whoever waits for a person, however soon that one is tried again. */
function firstBack (excluded: readonly Exclusion[]): Exclusion | undefined {
  const [first] = excluded
    .filter(({ waitMs }) => waitMs !== undefined)
    .sort((a, b) => Number(isRefused(a)) - Number(isRefused(b)) || (a.waitMs ?? 0) - (b.waitMs ?? 0))
  return first
}

function isRefused ({ code }: Exclusion): boolean {
  return code === 'credential_refused'
}

function reasonOf (byDistance: readonly Exclusion[]): string {
  const [nearest] = byDistance
  if (!nearest) return 'no model of modelsconfig.yml is for this endpoint.'
  const named = byDistance.slice(0, MOST_NAMED)
    .map(({ backend, code, detail }) => `${backend.id} ${reasonFor(code, detail).reason}`)
  if (byDistance.length > MOST_NAMED) named.push(`and ${byDistance.length - MOST_NAMED} more`)
  const { wouldHelp } = reasonFor(nearest.code, nearest.detail)
  return `${named.join('; ')}. Nearest is ${nearest.backend.id}: ${wouldHelp}.`
}
