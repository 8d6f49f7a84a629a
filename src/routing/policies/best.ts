// For `autobest`: the premium tier, the operator's order within it, and then the dearer one, for lack of a better sign.

import { byId, byPriority, type Policy, type Ranked } from './policy.ts'

export const best: Policy = {
  name: 'best',
  compare: (a, b) => a.row.tierRank - b.row.tierRank || byPriority(a, b) || byHigherPrice(a, b) || byId(a, b)
}

/** A price that is not known is no sign of quality: it comes last. */
function byHigherPrice (a: Ranked, b: Ranked): number {
  if (a.expected === b.expected) return 0
  if (a.expected === Infinity) return 1
  return b.expected === Infinity ? -1 : b.expected - a.expected
}
