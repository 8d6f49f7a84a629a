// For `autocheapest`: what will likely cost the least; a backend whose cost is not known comes last (P5).

import { byExpected, byId, byPriority, type Policy } from './policy.ts'

export const cheapest: Policy = {
  name: 'cheapest',
  compare: (a, b) => byExpected(a, b) || byPriority(a, b) || byId(a, b)
}
