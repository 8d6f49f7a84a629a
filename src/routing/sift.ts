// Which backends may be tried, and why each of the others may not: the first filter that refuses one gives the reason.

import type { PoolState } from '../providers/credentials.ts'
import type { Filter, StateOf } from './filter.ts'
import type { Exclusion, PlanRequest } from './plan.ts'
import type { Row } from './roster.ts'

export interface Sifted {
  readonly eligible: readonly Row[]
  readonly excluded: readonly Exclusion[]
}

export interface Sieve {
  readonly request: PlanRequest
  readonly filters: readonly Filter[]
  readonly stateOf: StateOf
}

export function sift (rows: readonly Row[], sieve: Sieve): Sifted {
  const eligible: Row[] = []
  const excluded: Exclusion[] = []
  for (const row of rows) {
    const exclusion = exclusionOf(row, sieve)
    if (exclusion) excluded.push(exclusion)
    else eligible.push(row)
  }
  return { eligible, excluded }
}

/** As `sift`; where no window takes the whole prompt, those are eligible that may have it without its middle. */
export function siftFitting (rows: readonly Row[], sieve: Sieve): Sifted {
  const sifted = sift(rows, sieve)
  if (sifted.eligible.length > 0 || !sifted.excluded.some(({ code }) => code === 'context_too_small')) return sifted
  return sift(rows, { ...sieve, request: { ...sieve.request, isShortened: true } })
}

function exclusionOf (row: Row, { request, filters, stateOf }: Sieve): Exclusion | undefined {
  for (const { code, excludes } of filters) {
    const refusal = excludes(row, request, stateOf)
    if (typeof refusal === 'string') return { backend: row.backend, code, detail: refusal }
    if (refusal) return { backend: row.backend, code, ...refusal }
  }
  return undefined
}

/** Asks each pool once: `auto` has hundreds of backends at a handful of providers. */
export function statesOf (credentials: { state (provider: string): PoolState }): StateOf {
  const states = new Map<string, PoolState>()
  return (provider) => {
    const known = states.get(provider)
    if (known) return known
    const state = credentials.state(provider)
    states.set(provider, state)
    return state
  }
}
