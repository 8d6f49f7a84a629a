// The budget of one client key: named after the key, hard, in dollars. What `token create --budget` and the limit of
// POST /v1/keys make.

import type { NanoUsd } from '../core/money.ts'
import { DEFAULT_THRESHOLDS, type Budget, type BudgetTerms, type BudgetWindow } from './budget.ts'

export function keyBudget (keyId: string, limit: NanoUsd, window: BudgetWindow): BudgetTerms {
  return {
    name: keyId,
    scope: { kind: 'key', value: keyId },
    unit: 'usd',
    limit,
    window,
    thresholds: DEFAULT_THRESHOLDS,
    isSoft: false,
    mayClamp: false
  }
}

/** Whether a budget is the limit of its key, and not something else the operator gave its name. */
export function isKeyLimit ({ name, scope, unit, isSoft }: Budget): boolean {
  return scope.kind === 'key' && scope.value === name && unit === 'usd' && !isSoft
}
