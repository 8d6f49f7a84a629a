// The money of a recorded attempt in JSON terms: what it is the sum of, and by which part of its price.

import { formatUsd, type NanoUsd } from '../core/money.ts'
import { readLineItems, type LineItems } from '../metering/line-items.ts'

/** A correction of what was booked: ledger/adjustment.ts. */
interface ExplainedAdjustment {
  readonly kind: string
  readonly atMs: number
  readonly differenceNanoUsd: NanoUsd
  readonly grade: string
  readonly source: string
}

/** The parts of a ledger's attempt that its bill is made of. */
export interface ExplainedBill {
  /** With its adjustments, like the lines, the grade and the price. */
  readonly costNanoUsd: NanoUsd | undefined
  /** As recorded (metering/line-items.ts); absent: the cost is no sum of ours. */
  readonly lineItems?: string | undefined
  /** Our own sum, where the provider told another cost. */
  readonly computedNanoUsd?: NanoUsd | undefined
  /** What the operator adds to the cost. */
  readonly markupNanoUsd?: NanoUsd | undefined
  readonly grade: string | undefined
  readonly priceVersion: string | undefined
  readonly adjustments?: readonly ExplainedAdjustment[]
}

export function billIn (attempt: ExplainedBill) {
  const { lineItems, grade, priceVersion } = attempt
  const items = lineItems === undefined ? undefined : readLineItems(lineItems)
  return {
    cost_usd: usd(attempt.costNanoUsd),
    cost_grade: grade ?? null,
    price_version: priceVersion ?? null,
    line_items: items?.lines.map(({ kind, count, amount }) => ({ kind, count, cost_usd: formatUsd(amount) })) ?? null,
    price_applied: items ? appliedIn(items) : null,
    computed_usd: usd(attempt.computedNanoUsd),
    markup_usd: usd(attempt.markupNanoUsd)
  }
}

/** What was corrected since it was booked, oldest first. */
export function adjustmentsIn ({ adjustments = [] }: ExplainedBill) {
  return adjustments.map(({ kind, atMs, differenceNanoUsd, grade, source }) => ({
    kind, at: new Date(atMs).toISOString(), difference_usd: formatUsd(differenceNanoUsd), cost_grade: grade, source
  }))
}

/** Null: the plain rates of the price. */
function appliedIn ({ applied }: LineItems) {
  if (Object.keys(applied).length === 0) return null
  const { tier, service, region, hours, isUnknownService = false } = applied
  return {
    above_input: tier ?? null,
    service_tier: service ?? null,
    region: region ?? null,
    utc_hours: hours ?? null,
    is_service_tier_priced: service === undefined ? null : !isUnknownService
  }
}

function usd (amount: NanoUsd | undefined): string | null {
  return amount === undefined ? null : formatUsd(amount)
}
