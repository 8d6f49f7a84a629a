// For requests that say what counts: strictly by one measure, over the operator's priorities. What was not measured
// lately comes last.

import { DAY_MS, FIVE_MINUTES_MS, HALF_HOUR_MS, type Measured, type Percentiles } from '../../catalog/measured.ts'
import type { SortMetric } from '../../core/wishes.ts'
import { cheapest } from './cheapest.ts'
import { byExpected, byId, byPriority, type Policy, type Ranked } from './policy.ts'

/** Less is better; Infinity: not known. */
type Score = (backendId: string) => number

export function sortedBy (metric: SortMetric, performance: Measured): Policy {
  if (metric === 'price') return { ...cheapest, name: metric }
  const compare = comparing(SCORES[metric].map((score) => score(performance)))
  return { name: metric, compare: (a, b) => compare(a, b) || byPriority(a, b) || byExpected(a, b) || byId(a, b) }
}

const throughput = (performance: Measured): Score => (id) =>
  -(medianLately((windowMs) => performance.throughput(id, windowMs)) ?? -Infinity)

const latency = (performance: Measured): Score => (id) =>
  medianLately((windowMs) => performance.latencyMs(id, windowMs)) ?? Infinity

const uptime = (performance: Measured): Score => (id) =>
  -(performance.uptime(id, HALF_HOUR_MS) ?? performance.uptime(id, DAY_MS) ?? -Infinity)

const SCORES: { readonly [metric in Exclude<SortMetric, 'price'>]: ReadonlyArray<(performance: Measured) => Score> } = {
  throughput: [throughput],
  latency: [latency],
  exacto: [uptime, throughput]
}

/** Of five minutes; of thirty, where nothing was asked for so long. */
function medianLately (measured: (windowMs: number) => Percentiles | undefined): number | undefined {
  return (measured(FIVE_MINUTES_MS) ?? measured(HALF_HOUR_MS))?.p50
}

/** Each backend is measured once: a sort compares it many times. */
function comparing (scores: readonly Score[]): (a: Ranked, b: Ranked) => number {
  const known = new Map<string, readonly number[]>()
  const scoresOf = ({ row: { backend: { id } } }: Ranked): readonly number[] => {
    const found = known.get(id) ?? scores.map((score) => score(id))
    known.set(id, found)
    return found
  }
  return (a, b) => {
    const others = scoresOf(b)
    for (const [at, score] of scoresOf(a).entries()) {
      const difference = score - (others[at] as number)
      if (difference) return difference // NaN of two unknown ones is undecided, too
    }
    return 0
  }
}
