// Attempts whose cost is a bound or not known, corrected to what their provider says it charged. See adjust.ts for what
// must hold; an attempt that has an adjustment of any kind is not asked for again.

import type { Database } from 'better-sqlite3'
import type { DoubtfulAttempt, Told } from '../adjustment.ts'
import { createAdjustedSums } from './adjust-sums.ts'
import { upstreamIdOf } from './upstream-key.ts'

export interface DoubtfulQuery {
  readonly provider: string
  /** Exchanges created since; undefined: all. */
  readonly sinceMs: number | undefined
}

export interface Reconciler {
  /** The next ones behind attempt `after` that the provider can be asked about. Reads only. */
  doubtful (query: DoubtfulQuery, after: number): DoubtfulAttempt[]
  /** @returns the difference to what was booked; undefined: somebody else has corrected it meanwhile. */
  reconcile (told: Told, source: string, nowMs: number): bigint | undefined
}

/** Of one look; each costs a call. */
const MOST_DOUBTFUL = 100

const DOUBTFUL = `
  SELECT a.id, coalesce(a.upstream_key, a.upstream_id) AS stored, b.credential AS credentialId
  FROM attempts a
  JOIN exchanges e ON e.id = a.id >> 8
  JOIN backends b ON b.id = a.backend
  JOIN names p ON p.id = b.provider
  JOIN names g ON g.id = a.grade
  WHERE a.id > :after AND coalesce(a.upstream_key, a.upstream_id) IS NOT NULL AND p.text = :provider AND e.status IS NOT NULL
    AND g.text IN ('bounded', 'counted', 'unpriced') AND (:sinceMs IS NULL OR e.created_at_ms >= :sinceMs)
    AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.attempt = a.id)
  ORDER BY a.id LIMIT ${MOST_DOUBTFUL}`

const INSERT = `
  INSERT INTO adjustments (attempt, at_ms, kind, cost_nano_usd, grade, source)
  SELECT a.id, :nowMs, 'reconciled', :cost - coalesce(a.cost_nano_usd, 0), 'reported', :source FROM attempts a
  WHERE a.id = :attempt AND a.outcome IS NOT NULL AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.attempt = a.id)
  RETURNING cost_nano_usd`

type DoubtfulRow = Omit<DoubtfulAttempt, 'upstreamId'> & { readonly stored: Buffer | string }
type Filter = { readonly after: number, readonly provider: string, readonly sinceMs: number | null }

export function createReconciler (sqlite: Database): Reconciler {
  const doubtful = sqlite.prepare<[Filter], DoubtfulRow>(DOUBTFUL)
  const insert = sqlite.prepare<[Told & { readonly source: string, readonly nowMs: number }], bigint>(INSERT)
    .pluck().safeIntegers()
  const sums = createAdjustedSums(sqlite)
  const reconcile = sqlite.transaction((told: Told, source: string, nowMs: number) => {
    const difference = insert.get({ ...told, source, nowMs })
    if (difference !== undefined) sums.add(told.attempt, difference)
    return difference
  })
  return {
    doubtful: ({ provider, sinceMs }, after) => doubtful.all({ after, provider, sinceMs: sinceMs ?? null })
      .map(({ stored, ...attempt }) => ({ ...attempt, upstreamId: upstreamIdOf(stored) ?? '' })),
    reconcile: (told, source, nowMs) => reconcile.immediate(told, source, nowMs)
  }
}
