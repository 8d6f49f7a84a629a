// Eligible backends in the order they will be tried.

import { expectedOf } from '../metering/estimate.ts'
import type { PlanRequest } from './plan.ts'
import { drawAmongEquals, type Lots } from './policies/draw.ts'
import type { Policy } from './policies/policy.ts'
import { priceNow, type PriceTimes } from './price-times.ts'
import { translationAt, type Row } from './roster.ts'

export type RankParts = Lots & Pick<PriceTimes, 'clock'>

export function rank (rows: readonly Row[], request: PlanRequest, policy: Policy, parts: RankParts): readonly Row[] {
  if (rows.length < 2) return rows
  const ranked = rows
    .map((row) => ({
      row, expected: expectedFor(row, request, parts), isTranslated: translationAt(row, request.task) !== undefined
    }))
    .sort(policy.compare)
  if (policy.drawsLots) drawAmongEquals(ranked, parts)
  return ranked.map(({ row }) => row)
}

/** Offers are written out member by member: spreading one took five times as long as pricing it. */
function expectedFor ({ model, backend, provider }: Row, { task, envelope }: PlanRequest, parts: RankParts): number {
  if (provider?.isFree === true) return 0
  return expectedOf({ task, envelope, model, price: priceNow(backend.price, parts) }) ?? Infinity
}
