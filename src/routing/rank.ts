// Eligible backends in the order they will be tried.

import { expectedOf } from '../metering/estimate.ts'
import type { PlanRequest } from './plan.ts'
import type { Policy } from './policies/policy.ts'
import type { Row } from './roster.ts'

export function rank (rows: readonly Row[], request: PlanRequest, policy: Policy): readonly Row[] {
  if (rows.length < 2) return rows
  return rows
    .map((row) => ({ row, expected: expectedFor(row, request) }))
    .sort(policy.compare)
    .map(({ row }) => row)
}

/** Offers are written out member by member: spreading one took five times as long as pricing it. */
function expectedFor ({ model, backend, provider }: Row, { task, envelope }: PlanRequest): number {
  if (provider?.isFree === true) return 0
  return expectedOf({ task, envelope, model, price: backend.price }) ?? Infinity
}
