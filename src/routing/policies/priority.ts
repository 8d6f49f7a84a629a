// For a model asked for by name: the operator's order; equals share the load, the cheaper the more of it.

import { byExpected, byId, byPriority, type Policy } from './policy.ts'

export const priority: Policy = {
  name: 'priority',
  drawsLots: true,
  compare: (a, b) => byPriority(a, b) || byExpected(a, b) || byId(a, b)
}
