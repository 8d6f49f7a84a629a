// Counts as providers tell them: numbers, numbers in strings, nulls, and now and then what cannot be true.

import type { JsonValue } from '../core/json.ts'
import { MOST_UNITS, NOTHING_TOLD, type Circumstances, type Measured, type UsageKind } from '../core/usage.ts'

const DIGITS = /^\d{1,10}$/

/** Counts while they are read: undefined was not told, NaN was told and cannot be true. */
export type ToldCounts = { readonly [kind in UsageKind]?: number | undefined }

/** Undefined: absent or null. NaN: told, but not a count (negative, fractional, beyond a billion, not a number). */
export function readCount (value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  const count = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MOST_UNITS ? count : NaN
}

/**
 * What is left of a total without its parts; undefined when the total was not told, NaN when a part is larger than its
 * whole. Never below zero: parts may overlap (an image that was cached counts as both).
 */
export function without (total: number | undefined, ...parts: ReadonlyArray<number | undefined>): number | undefined {
  if (total === undefined) return undefined
  let rest = total
  for (const part of parts) {
    if (part === undefined) continue
    if (part > total) return NaN
    rest -= part
  }
  return rest < 0 ? 0 : rest
}

type Told = Pick<Measured, 'isTold' | 'reportedCost'> & { readonly circumstances?: Circumstances | undefined }

/** One impossible count discredits all that came with it, money included: nothing of it is kept but the doubt. */
export function measuredOf (counts: ToldCounts, { isTold, reportedCost, circumstances }: Told): Measured {
  const usage: { [kind in UsageKind]?: number } = {}
  for (const kind in counts) {
    const count = counts[kind as UsageKind]
    if (count === undefined) continue
    if (Number.isNaN(count)) return { ...NOTHING_TOLD, doubt: `told a count of ${kind} that cannot be true` }
    usage[kind as UsageKind] = count
  }
  return circumstances ? { usage, isTold, reportedCost, circumstances } : { usage, isTold, reportedCost }
}
