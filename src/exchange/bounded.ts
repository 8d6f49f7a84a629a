// What has to be bounded goes without the members that lead to other models: their prices are not in its ceiling.

import type { Ledger } from '../ledger/ledger.ts'
import type { Candidate } from '../routing/plan.ts'
import type { Ask } from './ask.ts'
import { changedCandidate } from './changed-turn.ts'
import { othersNamedIn } from './withheld.ts'

/** OpenRouter's suffix for a search with each request. */
const ONLINE = ':online'

/** The candidate as it may be asked; the same one where nothing has to change, as nearly always. */
export function boundedCandidate (ask: Ask, candidate: Candidate, ledger: Pick<Ledger, 'isBounded'>): Candidate {
  const withheld = othersNamedIn(ask)
  const { askedAs, backend, model } = candidate
  if (withheld.length === 0 && askedAs === undefined) return candidate
  const isBounded = ask.maxCost !== undefined || ledger.isBounded(ask.principal, model.name)
  if (!isBounded) return candidate
  // A search is in the ceiling, or there is none; an order such as `:nitro` leads to dearer ones than the priced.
  const bounded = askedAs?.endsWith(ONLINE) ? backend.modelId + ONLINE : undefined
  return changedCandidate(ask, candidate, { withheld, askedAs: bounded })
}
