// Usage x price = cost, line by line; the sum of the lines is the cost.
//
// DESIGN. Unknown is not zero (P5). A price names the units it bills in; usage may be counted in more of them (a
// transcript in tokens and in seconds). A count whose unit the price does not know is not billed, as long as one of
// the price's own units was counted; a token kind without a rate, under a price that bills tokens, has no known cost
// and then neither has the sum. Whoever tells nothing, or counts that cannot be true (doubt.ts), is booked at the
// ceiling. Whoever tells possible counts is booked at what they cost, above the ceiling too: the provider will charge
// for them, and a ceiling that was too low is a fault of the estimate, or of the client, that must show in the books.

import type { Price } from '../catalog/catalog.ts'
import { priceOf, type NanoUsd } from '../core/money.ts'
import { MOST_UNITS, USAGE_KINDS, type CostGrade, type Measured, type Usage, type UsageKind } from '../core/usage.ts'
import { sheetOf, UNIT_OF, type PriceSheet } from './price-sheet.ts'

export type { Measured } from '../core/usage.ts'

export interface CostLine {
  readonly kind: UsageKind
  readonly count: number
  readonly cost: NanoUsd
}

export interface Cost {
  /** Undefined exactly when the grade is `unpriced`. */
  readonly amount: NanoUsd | undefined
  readonly grade: CostGrade
  /** What the amount is the sum of; empty when it was not computed from usage (told by the provider, ceiling, free). */
  readonly lines: readonly CostLine[]
}

export interface CostBounds {
  /** Upper bound of the cost of the attempt (metering/estimate.ts); undefined: none is known. */
  readonly ceiling: NanoUsd | undefined
  /** The provider costs nothing: local servers, the dry run. */
  readonly isFree: boolean
}

const FREE: Cost = { amount: 0n, grade: 'free', lines: [] }
const UNPRICED: Cost = { amount: undefined, grade: 'unpriced', lines: [] }

/**
 * The cost of one attempt. Money the provider told is taken as it is: it is what it will charge, even when our price
 * says otherwise. Without that: told usage `reported`, our own counts `counted`, whatever the ceiling was; neither of
 * them `bounded` by the ceiling; and `unpriced` where no price or no ceiling is known.
 */
export function costOf (measured: Measured, price: Price | undefined, { ceiling, isFree }: CostBounds): Cost {
  if (isFree) return FREE
  if (measured.reportedCost !== undefined) return { amount: measured.reportedCost, grade: 'reported', lines: [] }
  if (!price) return UNPRICED
  const bill = billOf(measured, sheetOf(price))
  if (bill === 'no_rate') return UNPRICED
  if (bill === 'not_told') return boundedBy(ceiling)
  return { amount: sumOf(bill), grade: measured.isTold ? 'reported' : 'counted', lines: bill }
}

function boundedBy (ceiling: NanoUsd | undefined): Cost {
  return ceiling === undefined ? UNPRICED : { amount: ceiling, grade: 'bounded', lines: [] }
}

/** The lines of the cost, in the order of the kinds; or why there are none. */
function billOf ({ usage, isTold }: Measured, sheet: PriceSheet): CostLine[] | 'no_rate' | 'not_told' {
  if (!isCredible(usage)) return 'not_told'
  // Tokens that were told in part would pass for all of them.
  const counts = isTold ? usage : withoutTokens(usage)
  if (!isCovered(counts, sheet)) return 'not_told'
  const counted = countedOf(counts)
  const lines = counted.flatMap(({ kind, count }): CostLine[] => {
    const rate = sheet.rates[kind]
    return rate ? [{ kind, count, cost: priceOf(count, rate) }] : []
  })
  const isIncomplete = sheet.units.has('tokens') && counted.some(({ kind }) => isToken(kind) && !sheet.rates[kind])
  const isBilledOtherwise = lines.some(({ kind }) => !isToken(kind) && kind !== 'requests')
  return isIncomplete && !isBilledOtherwise ? 'no_rate' : lines
}

/** What there is of each kind; an answer is one request, whoever counted or did not. */
function countedOf (usage: Usage): Array<{ kind: UsageKind, count: number }> {
  const counted = USAGE_KINDS.map((kind) => ({ kind, count: usage[kind] ?? (kind === 'requests' ? 1 : 0) }))
  return counted.filter(({ count }) => count > 0)
}

/** Whether the price bills in a unit that was counted. A price for each request alone needs no count. */
function isCovered (usage: Usage, { units }: PriceSheet): boolean {
  if (units.size === 1 && units.has('requests')) return true
  return USAGE_KINDS.some((kind) => kind !== 'requests' && usage[kind] !== undefined && units.has(UNIT_OF[kind]))
}

function isCredible (usage: Usage): boolean {
  return USAGE_KINDS.every((kind) => {
    const count = usage[kind]
    return count === undefined || (Number.isInteger(count) && count >= 0 && count <= MOST_UNITS)
  })
}

function withoutTokens (usage: Usage): Usage {
  return Object.fromEntries(Object.entries(usage).filter(([kind]) => !isToken(kind as UsageKind)))
}

function isToken (kind: UsageKind): boolean {
  return UNIT_OF[kind] === 'tokens'
}

function sumOf (lines: readonly CostLine[]): NanoUsd {
  return lines.reduce((sum, { cost }) => sum + cost, 0n)
}
