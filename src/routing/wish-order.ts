// The order that a request itself asks for, over what a policy made: providers by name, thresholds, its session.

import { FIVE_MINUTES_MS, type Measured, type Percentiles } from '../catalog/measured.ts'
import type { Cutoffs, ProviderWishes } from '../core/wishes.ts'
import { ProviderNames } from './provider-names.ts'
import type { Row } from './roster.ts'

/** `rows`: those that are left; `all`: every backend of the model. Each step is stable. */
export function orderByWishes (
  rows: readonly Row[], { order, leastThroughput, mostLatencyMs }: ProviderWishes, all: readonly Row[],
  performance: Pick<Measured, 'latencyMs' | 'throughput'>
): readonly Row[] {
  if (order) {
    const names = new ProviderNames(order, all)
    return byRank(rows, (row) => names.reachOf(row) ?? Infinity)
  }
  if (!leastThroughput && !mostLatencyMs) return rows
  return byRank(rows, ({ backend: { id } }) => {
    const throughput = performance.throughput(id, FIVE_MINUTES_MS)
    const latencyMs = performance.latencyMs(id, FIVE_MINUTES_MS)
    return Math.max(
      missedBy(throughput, leastThroughput, (told, least) => told >= least),
      missedBy(latencyMs, mostLatencyMs, (told, most) => told <= most)
    )
  })
}

/** That backend in front; undefined: it is not among them. */
export function withFirst (rows: readonly Row[], backendId: string): readonly Row[] | undefined {
  const first = rows.find(({ backend }) => backend.id === backendId)
  return first && [first, ...rows.filter((row) => row !== first)]
}

function byRank (rows: readonly Row[], rankOf: (row: Row) => number): readonly Row[] {
  return rows.map((row) => ({ row, rank: rankOf(row) }))
    .sort((a, b) => a.rank === b.rank ? 0 : a.rank - b.rank)
    .map(({ row }) => row)
}

/** 0: all cutoffs hold, 1: nothing was measured lately, 2: one does not hold. */
function missedBy (
  told: Percentiles | undefined, cutoffs: Cutoffs | undefined, holds: (told: number, cutoff: number) => boolean
): 0 | 1 | 2 {
  if (!cutoffs) return 0
  if (!told) return 1
  const names = Object.keys(cutoffs) as Array<keyof Percentiles>
  return names.every((name) => holds(told[name], cutoffs[name] as number)) ? 0 : 2
}
