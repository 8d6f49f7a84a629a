// What one budget would answer to a request now, and how that is told.

import type { Budget } from '../budgets/budget.ts'
import { spanAt } from '../budgets/span.ts'
import { exactAmount, scopeWords, windowWords } from '../budgets/words.ts'
import type { GatewayError } from '../core/errors.ts'

/** `clamps`: it has room for so many tokens of output. `needs_bound`: it admits only what is bounded before. */
export type BudgetVerdict =
  | { readonly kind: 'allows' }
  | { readonly kind: 'clamps', readonly maxOutputTokens: number }
  | { readonly kind: 'refuses' | 'needs_bound', readonly refusal: GatewayError }

export const BUDGET_VERDICTS: ReadonlyArray<BudgetVerdict['kind']> = ['allows', 'clamps', 'refuses', 'needs_bound']

/** Amounts in the unit of the budget. */
export interface BudgetAnswer {
  readonly budget: Budget
  /** When the stretch begins that the request would count in. */
  readonly startMs: number
  readonly spent: bigint
  readonly reserved: bigint
  /** What would be reserved; undefined: there is no bound. */
  readonly needed: bigint | undefined
  readonly verdict: BudgetVerdict
}

/** The shape of an item of `budgets` in a quote. `reason` is the sentence of the 402. */
export function budgetJson ({ budget, startMs, spent, reserved, needed, verdict }: BudgetAnswer) {
  const { name, scope, unit, window, limit, isSoft } = budget
  const left = limit - spent - reserved
  const endMs = window.kind === 'calendar' ? spanAt(window, startMs).endMs : undefined
  return {
    budget: name,
    scope: scopeWords(scope),
    unit,
    is_soft: isSoft,
    window: windowWords(window),
    limit: exactAmount(unit, limit),
    spent: exactAmount(unit, spent),
    reserved: exactAmount(unit, reserved),
    left: exactAmount(unit, left > 0n ? left : 0n),
    needed: needed === undefined ? null : exactAmount(unit, needed),
    resets_at: endMs === undefined ? null : new Date(endMs).toISOString(),
    verdict: verdict.kind,
    ...verdict.kind === 'clamps' && { max_output_tokens: verdict.maxOutputTokens },
    ...'refusal' in verdict && { reason: verdict.refusal.message }
  }
}
