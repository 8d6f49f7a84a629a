// Adjustments in verification: their part of every sum, and whether each belongs to an attempt.

import type { Database } from 'better-sqlite3'
import type { Difference } from '../verify.ts'
import { HOUR_MS } from './rollup.ts'
import { prunedOf } from './seals-verify.ts'

/** The money of adjustments by bucket, as verify-sums.ts adds attempts up; `from` is the first hour asked for. */
export const ADJUSTED_HOURS = `
  SELECT e.created_at_ms / ${HOUR_MS}, e.ip, e.key, b.model, b.provider,
    0, 0, 0, min(e.created_at_ms), max(e.created_at_ms), sum(x.cost_nano_usd)
  FROM adjustments x
  JOIN attempts a ON a.id = x.attempt
  JOIN exchanges e ON e.id = a.id >> 8
  JOIN backends b ON b.id = a.backend
  WHERE e.status IS NOT NULL AND e.created_at_ms >= :from * ${HOUR_MS}
  GROUP BY 1, 2, 3, 4, 5`

/** By set of windows and model, as verify-budgets.ts adds attempts up. */
export const ADJUSTED_SETS = `
  SELECT s.text AS text, n.text AS model,
    sum(x.cost_nano_usd - iif(a.cost_nano_usd IS NULL, coalesce(a.ceiling_nano_usd, 0), 0)) AS spentUsd,
    0 AS reservedUsd, 0 AS spentTokens,
    0 AS reservedTokens
  FROM adjustments x
  JOIN attempts a ON a.id = x.attempt
  JOIN exchanges e ON e.id = a.id >> 8
  JOIN budget_sets s ON s.id = e.budgets
  JOIN backends b ON b.id = a.backend
  JOIN names n ON n.id = b.model
  GROUP BY e.budgets, b.model`

const TOTAL = `
  SELECT coalesce(sum(x.cost_nano_usd), 0) FROM adjustments x JOIN exchanges e ON e.id = x.attempt >> 8`

// Those of pruned attempts stay; pruned are whole hours, and all attempts of a lower id are older.
const BEFORE = `
  SELECT coalesce(sum(x.cost_nano_usd), 0) FROM adjustments x LEFT JOIN exchanges e ON e.id = x.attempt >> 8
  WHERE e.id IS NULL OR e.created_at_ms < ? * ${HOUR_MS}`

const STRAY = `
  SELECT count(*) AS count, min(x.id) AS first FROM adjustments x
  WHERE x.attempt >> 8 >= ? AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.id = x.attempt)`

/** Over the exchanges that have their rows. */
export function adjustedTotal (sqlite: Database): bigint {
  return sqlite.prepare<[], bigint>(TOTAL).pluck().safeIntegers().get() ?? 0n
}

/** Over the exchanges created before an hour since the epoch, those that were pruned included. */
export function adjustedBefore (sqlite: Database, hour: number): bigint {
  return sqlite.prepare<[number], bigint>(BEFORE).pluck().safeIntegers().get(hour) ?? 0n
}

export function strayAdjustments (sqlite: Database): Difference[] {
  const found = sqlite.prepare<[number], { count: number, first: number }>(STRAY).get(prunedOf(sqlite)?.below ?? 0)
  return found && found.count > 0 ? [{ name: 'unknown_reference', count: found.count, first: `adjustment ${found.first}` }] : []
}
