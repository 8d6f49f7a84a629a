// What an exchange holds of budgets, and what it moves in each of their windows when an attempt begins or ends.

import type { AttemptIntent } from '../ledger.ts'
import { missingBound, type Amounts } from './budget-amounts.ts'
import type { CountedBudget, Scopes } from './budget-index.ts'
import type { WindowPlace } from './budget-sets.ts'
import type { Move } from './budget-windows.ts'

/** A window an exchange counts in. */
export interface Line extends WindowPlace {
  readonly counted: CountedBudget
}

/** What an exchange holds while it is open: a value that is replaced, so that a rollback brings back the last one. */
export interface Held {
  /** Whose use it is, and since when. */
  readonly scopes: Scopes
  /** `exchanges.budgets`; undefined: it counts in none. */
  readonly set: number | undefined
  /** Ascending by budget. */
  readonly lines: readonly Line[]
  /** Public names of the models attempted, the running attempt's last: budgets of other models count nothing of it. */
  readonly models: readonly string[]
  /** Reserved for the running attempt. */
  readonly ceiling: Amounts
}

export const NOTHING: Amounts = { usd: 0n, tokens: 0n }

/** Copied from the intent, whose plan need not stay in memory. */
export function holdsNothing ({ createdAtMs, ip, keyId, team, project }: Scopes): Held {
  const scopes = { createdAtMs, ip, keyId, team, project }
  return { scopes, set: undefined, lines: [], models: [], ceiling: NOTHING }
}

/** One move for each line of `after`. A request is claimed once, when its line is joined, and given back at the end. */
export function movesOf (before: Held, after: Held, used: Amounts): Move[] {
  return after.lines.map((line) => {
    const { budgetId, startMs, counted: { budget: { unit } } } = line
    const isHeld = before.lines.includes(line)
    if (unit === 'requests') return { budgetId, startMs, spent: 0n, released: 0n, wanted: isHeld ? 0n : 1n }
    const ended = isHeld && isFor(line, before)
    return {
      budgetId,
      startMs,
      spent: ended ? used[unit] : 0n,
      released: ended ? before.ceiling[unit] : 0n,
      wanted: isFor(line, after) ? after.ceiling[unit] : 0n
    }
  })
}

/** Whether the running attempt counts here: the line may be held for an earlier one, with another model. */
export function isFor ({ counted: { budget: { scope } } }: Line, { models }: Pick<Held, 'models'>): boolean {
  return scope.kind !== 'model' || scope.value === models[models.length - 1]
}

/** The hard budget that cannot vouch for an attempt because it has no bound, and why. */
export function unboundedLine (
  after: Held, attempt: AttemptIntent
): { readonly line: Line, readonly reason: string } | undefined {
  if (attempt.isUnmetered) return undefined
  for (const line of after.lines) {
    const { budget } = line.counted
    if (budget.isSoft || !isFor(line, after)) continue
    const reason = missingBound(budget.unit, attempt)
    if (reason !== undefined) return { line, reason }
  }
  return undefined
}
