// For a model asked for by name: the operator's order; among equals the cheapest.

import { byExpected, byId, byPriority, type Policy } from './policy.ts'

export const priority: Policy = {
  name: 'priority',
  compare: (a, b) => byPriority(a, b) || byExpected(a, b) || byId(a, b)
}
