// Budgets as commands show them: one line, a table's cells, or JSON.

import { formatMoment } from './times.ts'
import type { Column } from './plain-text.ts'
import type { Budget } from '../budgets/budget.ts'
import type { BudgetState } from '../budgets/sqlite-budgets.ts'

/** `src/budgets/words.ts`, loaded once a command runs. */
export type Words = typeof import('../budgets/words.ts')

export const COLUMNS: readonly Column[] = [
  { title: 'name', align: 'left' },
  { title: 'scope', align: 'left' },
  { title: 'limit', align: 'right' },
  { title: 'window', align: 'left' },
  { title: 'spent', align: 'right' },
  { title: 'reserved', align: 'right' },
  { title: 'left', align: 'right' },
  { title: 'resets', align: 'left' },
  { title: 'kind', align: 'left' }
]

export function cellsOf (budget: Budget, { spent, reserved, left, resetsAtMs }: BudgetState, words: Words): string[] {
  const { name, scope, unit, limit, window } = budget
  return [
    name,
    words.scopeWords(scope),
    words.amountWords(unit, limit),
    words.windowWords(window),
    words.amountWords(unit, spent),
    words.amountWords(unit, reserved),
    words.amountWords(unit, left),
    resetsAtMs === undefined ? '-' : formatMoment(resetsAtMs),
    kindOf(budget)
  ]
}

export function jsonOf (budget: Budget, { spent, reserved, left, resetsAtMs }: BudgetState, words: Words) {
  const { name, scope, unit, limit, window, thresholds, isSoft, mayClamp, createdAtMs } = budget
  const exact = (amount: bigint) => words.exactAmount(unit, amount)
  return {
    name,
    scope: words.scopeWords(scope),
    unit,
    limit: exact(limit),
    spent: exact(spent),
    reserved: exact(reserved),
    left: exact(left),
    window,
    resets_at: resetsAtMs === undefined ? null : formatMoment(resetsAtMs),
    thresholds,
    soft: isSoft,
    clamp: mayClamp,
    created_at: formatMoment(createdAtMs)
  }
}

/** `intern: 5 USD per week (UTC) for key:key_3kTz90Qa, 1.2 USD spent, 0.1 USD reserved, 3.7 USD left`. */
export function lineOf (budget: Budget, state: BudgetState, words: Words): string {
  const [name, scope, limit, window, spent, reserved, left, resets] = cellsOf(budget, state, words)
  const until = resets === '-' ? '' : `, resets at ${resets}`
  return `${name}: ${limit} ${window} for ${scope}, ${spent} spent, ${reserved} reserved, ${left} left${until}`
}

function kindOf ({ isSoft, mayClamp }: Budget): string {
  if (isSoft) return 'soft'
  return mayClamp ? 'hard, may clamp' : 'hard'
}
