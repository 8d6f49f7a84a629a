// What an attempt may use of a budget before it is sent, and what it has used when it is over, in the budget's unit.
//
// What must hold: verify-budgets.ts computes the same from the rows. Usage nobody told counts as its bound, unless the
// attempt is known to have cost nothing; a cost nobody knows counts as nothing, because no number would be true.

import type { BudgetUnit } from '../../budgets/budget.ts'
import { inputTokens, outputTokens } from '../../core/usage.ts'
import type { AttemptBounds, AttemptIntent, AttemptResult } from '../ledger.ts'

/** Money and tokens of one attempt; requests belong to the exchange. */
export interface Amounts {
  readonly usd: bigint
  readonly tokens: bigint
}

export function ceilingOf ({ ceiling, ceilingTokens }: Pick<AttemptIntent, 'ceiling' | 'ceilingTokens'>): Amounts {
  return { usd: ceiling ?? 0n, tokens: BigInt(ceilingTokens ?? 0) }
}

/** What of an ended attempt counts in budgets. */
export type UsedUp = Pick<AttemptResult, 'usage' | 'cost' | 'markup' | 'grade'>

/** `ceiling`: what was reserved for the attempt. */
export function usedBy ({ usage, cost, markup, grade }: UsedUp, ceiling: Amounts): Amounts {
  const input = inputTokens(usage)
  const output = outputTokens(usage)
  const isTold = input !== undefined || output !== undefined
  // Used and not priced (a search without a rate): what was reserved for it is the least that counts.
  const untoldUsd = grade === 'free' ? 0n : ceiling.usd
  const untold = grade === 'free' ? 0n : ceiling.tokens
  return {
    usd: cost === undefined ? untoldUsd : cost + (markup ?? 0n),
    tokens: isTold ? BigInt((input ?? 0) + (output ?? 0)) : untold
  }
}

/** Which bound an attempt lacks for a budget of this unit, in words; undefined: it has it. */
export function missingBound (unit: BudgetUnit, attempt: AttemptBounds): string | undefined {
  const { ceiling, ceilingTokens, model, priceVersion } = attempt
  if (unit === 'usd' && ceiling === undefined) {
    return priceVersion === undefined
      ? `the price of ${model} is not known`
      : `the price of ${model} does not cover all that this one may use (searches, tools and plugins of the provider)`
  }
  if (unit === 'tokens' && ceilingTokens === undefined) return `how many tokens ${model} may use here is not known`
  return undefined
}
