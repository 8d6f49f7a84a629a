// What a budget would answer to an attempt, by the rules of its reservation, with nothing written.

import type { BudgetUnit } from '../../budgets/budget.ts'
import type { BudgetAnswer, BudgetVerdict } from '../budget-answer.ts'
import type { AttemptBounds, Fitting } from '../ledger.ts'
import { ceilingOf, missingBound } from './budget-amounts.ts'
import type { Line } from './budget-claims.ts'
import type { CountedBudget } from './budget-index.ts'
import { exceeded, unbounded } from './budget-refusal.ts'
import type { BudgetWindows } from './budget-windows.ts'

const ALLOWS: BudgetVerdict = { kind: 'allows' }

/** An attempt somebody only asks about. */
export interface Question {
  readonly attempt: AttemptBounds
  readonly fitting: Fitting
  readonly nowMs: number
}

export function answerOf (line: Line, question: Question, windows: BudgetWindows): BudgetAnswer {
  const { budget, reachMs } = line.counted
  const { spent, reserved } = windows.sums(line, reachMs)
  const needed = neededIn(budget.unit, question.attempt)
  const answer = { budget, startMs: line.startMs, spent, reserved, needed }
  return { ...answer, verdict: verdictOf(line, answer, question, windows) }
}

function verdictOf (
  line: Line, sums: Pick<BudgetAnswer, 'spent' | 'reserved' | 'needed'>, question: Question, windows: BudgetWindows
): BudgetVerdict {
  const { counted } = line
  const { isSoft, limit } = counted.budget
  const { spent, reserved, needed } = sums
  if (isSoft) return ALLOWS
  if (needed === undefined) return unboundedVerdict(counted, question.attempt)
  if (needed === 0n || spent + reserved + needed <= limit) return ALLOWS // who needs nothing fits where nothing is left
  const maxOutputTokens = fittingIn(counted, limit - spent - reserved, question.fitting)
  if (maxOutputTokens !== undefined) return { kind: 'clamps', maxOutputTokens }
  const shortage = { counted, place: line, spent, reserved, needed }
  return { kind: 'refuses', refusal: exceeded(shortage, windows, question.nowMs) }
}

function unboundedVerdict (counted: CountedBudget, attempt: AttemptBounds): BudgetVerdict {
  const reason = attempt.isUnmetered ? undefined : missingBound(counted.budget.unit, attempt)
  return reason === undefined ? ALLOWS : { kind: 'needs_bound', refusal: unbounded(counted, reason) }
}

function fittingIn ({ budget: { mayClamp, unit } }: CountedBudget, left: bigint, fitting: Fitting): number | undefined {
  if (!mayClamp || unit === 'requests') return undefined
  const room = left > 0n ? left : 0n
  return fitting(unit === 'usd' ? { usd: room, tokens: undefined } : { usd: undefined, tokens: Number(room) })
}

function neededIn (unit: BudgetUnit, attempt: AttemptBounds): bigint | undefined {
  if (unit === 'requests') return 1n
  return missingBound(unit, attempt) === undefined ? ceilingOf(attempt)[unit] : undefined
}
