// What an attempt costs, and how well that is known.
//
// DESIGN. Money the provider told is taken as it is: it is what it will charge; our own sum is kept beside it. Whoever
// tells nothing, or counts that cannot be true (doubt.ts), is booked at the ceiling. Whoever tells possible counts is
// booked at what they cost, above the ceiling too: the provider will charge for them, and a ceiling that was too low
// is a fault of the estimate, or of the client, that must show in the books. What the operator adds (markup) is never
// part of the cost.

import type { Price } from '../catalog/catalog.ts'
import type { Factor, NanoUsd } from '../core/money.ts'
import type { CostGrade, Measured } from '../core/usage.ts'
import { billOf, type BillLine } from './bill.ts'
import { markupIn, markupOn } from './markup.ts'
import { priceAt } from './price-of-day.ts'
import type { Applied } from './price-variants.ts'

export type { Measured } from '../core/usage.ts'

export interface Cost {
  /** Undefined exactly when the grade is `unpriced`. */
  readonly amount: NanoUsd | undefined
  readonly grade: CostGrade
  /** What the amount is the sum of; empty when it is not a sum of ours (told by the provider, ceiling, free). */
  readonly lines: readonly BillLine[]
  /** Which part of the price the lines are priced by; absent: its plain rates. */
  readonly applied?: Applied
  /** Our own sum, where the provider told another amount. */
  readonly computed?: NanoUsd
  /** What the operator adds to the amount; absent: nothing. */
  readonly markup?: NanoUsd
}

export interface CostBounds {
  /** Upper bound of the cost of the attempt with its markup (metering/estimate.ts); undefined: none is known. */
  readonly ceiling: NanoUsd | undefined
  /** The provider costs nothing: local servers, the dry run. */
  readonly isFree: boolean
  /** Undefined: 1. */
  readonly markup?: Factor | undefined
  /** The ceiling is that of an assumed price, since the operator wants an unknown one to be bounded. */
  readonly isAssumed?: boolean
  /** Wall clock, ms since the epoch; undefined: not known, and a price with hours prices nothing. */
  readonly sentAtMs?: number | undefined
}

const FREE: Cost = { amount: 0n, grade: 'free', lines: [] }
const UNPRICED: Cost = { amount: undefined, grade: 'unpriced', lines: [] }

/**
 * The cost of one attempt. Money the provider told: `reported`, even when our price says otherwise. Without that: told
 * usage `reported`, our own counts `counted`, whatever the ceiling was; neither of them `bounded` by the ceiling; and
 * `unpriced` where no price or no ceiling is known. `priceOfDay`: with all its hours.
 */
export function costOf (measured: Measured, priceOfDay: Price | undefined, bounds: CostBounds): Cost {
  if (bounds.isFree) return FREE
  const price = priceSent(priceOfDay, bounds)
  const { reportedCost } = measured
  if (reportedCost !== undefined) return marked(reportedCostOf(measured, reportedCost, price), bounds.markup)
  if (!price) return bounds.isAssumed || priceOfDay ? boundedBy(bounds) : UNPRICED
  const bill = billOf(measured, price, measured.circumstances)
  if (bill === 'no_rate') return UNPRICED
  if (bill === 'not_told') return boundedBy(bounds)
  const { amount, lines, applied } = bill
  const grade = measured.isTold ? 'reported' : 'counted'
  return marked(applied ? { amount, grade, lines, applied } : { amount, grade, lines }, bounds.markup)
}

function priceSent (price: Price | undefined, { sentAtMs }: CostBounds): Price | undefined {
  if (!price?.terms?.hours) return price
  return sentAtMs === undefined ? undefined : priceAt(price, sentAtMs)
}

/** Lines are shown only where they sum to what was told. */
function reportedCostOf (measured: Measured, amount: NanoUsd, price: Price | undefined): Cost {
  const bill = price ? billOf(measured, price, measured.circumstances) : 'no_rate'
  if (typeof bill === 'string') return { amount, grade: 'reported', lines: [] }
  if (bill.amount !== amount) return { amount, grade: 'reported', lines: [], computed: bill.amount }
  const { lines, applied } = bill
  return applied ? { amount, grade: 'reported', lines, applied } : { amount, grade: 'reported', lines }
}

function boundedBy ({ ceiling, markup }: CostBounds): Cost {
  if (ceiling === undefined) return UNPRICED
  if (!markup) return { amount: ceiling, grade: 'bounded', lines: [] }
  const share = markupIn(ceiling, markup)
  return { amount: ceiling - share, grade: 'bounded', lines: [], markup: share }
}

function marked (cost: Cost, markup: Factor | undefined): Cost {
  const share = markup && cost.amount !== undefined ? markupOn(cost.amount, markup) : 0n
  return share === 0n ? cost : { ...cost, markup: share }
}
