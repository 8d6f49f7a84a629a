// Who is first among equals: by lot, the cheaper the likelier, and nobody that has just failed.
//
// DESIGN. Backends of one priority share the load: the first is drawn with a weight of 1/price², as OpenRouter does it
// (https://openrouter.ai/docs/guides/routing/provider-selection), the others follow by price. What costs nothing always
// wins; a price that is not known never does, unless no other is. A backend whose last call failed within the last 30 s
// goes behind its equals, though not behind those of a lower priority: it may still serve.

import type { Health } from '../health.ts'
import { isEqual, type Ranked } from './policy.ts'

export interface Lots {
  readonly health: Pick<Health, 'hasJustFailed'>
  /** In [0, 1). */
  readonly random: () => number
}

/** `ranked`: by priority, and within it the cheapest first. Puts the drawn ones in front of their equals, in place. */
export function drawAmongEquals (ranked: Ranked[], lots: Lots): void {
  for (let start = 0; start < ranked.length;) {
    const first = ranked[start] as Ranked
    let end = start + 1
    while (end < ranked.length && isEqual(ranked[end] as Ranked, first)) end++
    if (end - start > 1) ranked.splice(start, end - start, ...drawn(ranked.slice(start, end), lots))
    start = end
  }
}

function drawn (equals: readonly Ranked[], { health, random }: Lots): readonly Ranked[] {
  const isWell = ({ row }: Ranked) => !health.hasJustFailed(row.backend.id)
  const well = equals.filter(isWell)
  const failing = well.length === equals.length ? [] : equals.filter((one) => !isWell(one))
  if (well.length < 2) return [...well, ...failing]
  const first = well[drawIndex(weightsOf(well), random())] as Ranked
  return [first, ...well.filter((other) => other !== first), ...failing]
}

/** `equals` by expected cost. */
function weightsOf (equals: readonly Ranked[]): readonly number[] {
  const cheapest = equals[0]?.expected as number
  // Relative to the cheapest, so that no square gets out of range; all weigh the same where it is free or unknown.
  if (cheapest === 0 || cheapest === Infinity) return equals.map(({ expected }) => expected === cheapest ? 1 : 0)
  return equals.map(({ expected }) => (cheapest / expected) ** 2)
}

function drawIndex (weights: readonly number[], chance: number): number {
  const sum = weights.reduce((sum, weight) => sum + weight, 0)
  let left = chance * sum
  for (const [index, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return index
  }
  return 0 // rounding
}
