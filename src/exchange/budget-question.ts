// What budgets would say to a request, without making it: asked for the backend that would be asked first.

import type { BudgetAnswer } from '../ledger/budget-answer.ts'
import type { Plan } from '../routing/plan.ts'
import type { Ask } from './ask.ts'
import { boundedCandidate } from './bounded.ts'
import { fittingOutput } from './clamp.ts'
import type { ExchangeParts } from './parts.ts'
import { isFree } from './settle.ts'

/** None: nobody is eligible, or it counts in none. What is asked is what the first attempt would reserve. */
export type AskBudgets = (ask: Ask, plan: Plan) => readonly BudgetAnswer[]

export function createAskBudgets (
  { ledger, providers, providerLabel }: Pick<ExchangeParts, 'ledger' | 'providers' | 'providerLabel'>
): AskBudgets {
  return (ask, { candidates: [first] }) => {
    const provider = first && providers().get(first.backend.provider)
    if (!provider) return []
    const candidate = boundedCandidate(ask, first, ledger)
    const { backend: { price }, model, ceiling, ceilingTokens } = candidate
    const attempt = {
      model: model.name,
      priceVersion: price?.version,
      ceiling: isFree({ provider }, { providerLabel }) ? 0n : ceiling,
      ceilingTokens,
      isUnmetered: ask.principal.unknownPrice === 'allow_unmetered'
    }
    return ledger.askBudgets(ask.principal, attempt, (room) => fittingOutput(ask, { candidate }, room))
  }
}
