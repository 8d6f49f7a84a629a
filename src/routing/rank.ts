// Eligible backends in the order they will be tried.

import { expectedOf } from '../metering/estimate.ts'
import type { PlanRequest } from './plan.ts'
import { drawAmongEquals, type Lots } from './policies/draw.ts'
import type { Policy } from './policies/policy.ts'
import { translationAt, type Row } from './roster.ts'

export function rank (rows: readonly Row[], request: PlanRequest, policy: Policy, lots: Lots): readonly Row[] {
  if (rows.length < 2) return rows
  const ranked = rows
    .map((row) => ({
      row, expected: expectedFor(row, request), isTranslated: translationAt(row, request.task) !== undefined
    }))
    .sort(policy.compare)
  if (policy.drawsLots) drawAmongEquals(ranked, lots)
  return ranked.map(({ row }) => row)
}

/** Offers are written out member by member: spreading one took five times as long as pricing it. */
function expectedFor ({ model, backend, provider }: Row, { task, envelope }: PlanRequest): number {
  if (provider?.isFree === true) return 0
  return expectedOf({ task, envelope, model, price: backend.price }) ?? Infinity
}
