// Eligible backends in the order they will be tried.

import { expectedOf } from '../metering/estimate.ts'
import type { Policy } from './policies/policy.ts'
import type { Row } from './roster.ts'
import type { PlanRequest } from './router.ts'

export function rank (rows: readonly Row[], { task, envelope }: PlanRequest, policy: Policy): Row[] {
  return rows
    .map((row) => ({ row, expected: expectedFor(row, { task, envelope }) }))
    .sort((a, b) => policy.compare(a, b))
    .map(({ row }) => row)
}

function expectedFor ({ model, backend, provider }: Row, ask: Pick<PlanRequest, 'task' | 'envelope'>): number {
  if (provider?.isFree === true) return 0
  return expectedOf({ ...ask, model, price: backend.price }) ?? Infinity
}
