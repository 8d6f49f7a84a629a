// Budgets in words: amounts, windows and scopes, for messages, commands and reports.

import { formatUsd } from '../core/money.ts'
import type { BudgetUnit, BudgetWindow, Scope } from './budget.ts'

const LENGTHS: ReadonlyArray<readonly [ms: number, letter: string]> =
  [[604_800_000, 'w'], [86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'm']]

/** `5 USD`, `0.25 USD`, `1000 tokens`, `1 request`. */
export function amountWords (unit: BudgetUnit, amount: bigint): string {
  if (unit === 'usd') return `${formatUsd(amount).replace(/\.?0+$/, '')} USD`
  return `${amount} ${amount === 1n ? unit.slice(0, -1) : unit}`
}

/** The amount alone, exact: `5.000000000`, `1000`. */
export function exactAmount (unit: BudgetUnit, amount: bigint): string {
  return unit === 'usd' ? formatUsd(amount) : amount.toString()
}

/** What follows an amount: `per month (Europe/Berlin)`, `in any 12h`, `in total`. */
export function windowWords (window: BudgetWindow): string {
  if (window.kind === 'total') return 'in total'
  if (window.kind === 'rolling') return `in any ${lengthWords(window.ms)}`
  return `per ${window.every} (${window.timeZone})`
}

/** `key:key_ab12`, `global`. */
export function scopeWords ({ kind, value }: Scope): string {
  return kind === 'global' ? kind : `${kind}:${value}`
}

/** The same spelling as the flags of the command: `90m`, `12h`, `7d`. */
function lengthWords (ms: number): string {
  const [unitMs, letter] = LENGTHS.find(([unitMs]) => ms % unitMs === 0) ?? [1, 'ms']
  return `${ms / unitMs}${letter}`
}
