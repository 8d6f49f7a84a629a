// The part of a price that routing goes by: what it is now, and what it may be while a request runs.
//
// What must hold: the bound of a request covers its price at every moment from now to its deadline. The price that is
// booked is that of the moment it is sent, and providers that count by another moment, or by a clock of their own, are
// covered as well. A price without hours costs one look at a member.

import type { Price } from '../catalog/catalog.ts'
import type { Clock } from '../core/clock.ts'
import { mergeDeadlines, type Deadlines } from '../core/deadlines.ts'
import { priceAt, priceWithin } from '../metering/price-of-day.ts'
import type { PlanRequest } from './plan.ts'
import type { Row } from './roster.ts'

export interface PriceTimes {
  readonly clock: Pick<Clock, 'nowMs'>
  /** Of an exchange whose provider, model and request say nothing else. */
  readonly deadlines: Deadlines
}

/** Between our clock and a provider's, and between its last byte and its books. */
const SLACK_MS = 60_000

/** What offers are compared by. */
export function priceNow (price: Price | undefined, { clock }: Pick<PriceTimes, 'clock'>): Price | undefined {
  return price?.terms?.hours ? priceAt(price, clock.nowMs()) : price
}

/** What the ceiling of a request is worked out by; never booked. */
export function priceWhileRunning (row: Row, request: PlanRequest, times: PriceTimes): Price | undefined {
  const { price } = row.backend
  if (!price?.terms?.hours) return price
  const nowMs = times.clock.nowMs()
  const { totalMs } = mergeDeadlines(
    times.deadlines, row.provider?.deadlines, row.model.deadlines, request.deadlines)
  return priceWithin(price, nowMs - SLACK_MS, totalMs === 0 ? Infinity : nowMs + totalMs + SLACK_MS)
}
