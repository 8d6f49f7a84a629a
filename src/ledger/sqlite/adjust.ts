// Adjustments: a settled attempt gets another cost, by an entry beside its row.
//
// DESIGN. What must hold:
// - The row of the attempt stays as it was booked and sealed. Its cost is its own plus that of its adjustments, its
//   grade that of the last of them.
// - `usage_hourly`, the list of spans and the windows of budgets change in the same transaction, so that every sum is
//   right after every commit. A window may pass its limit by it: what was used is the truth.
// - An attempt is repriced once: whether it already was is asked within the transaction that writes.
// - Nothing is kept in memory and everything is added in the file, so a command may adjust beside a running broker:
//   that one adds to the same columns, and reads budgets again when it sees that somebody else has written.

import type { Database } from 'better-sqlite3'
import type { NanoUsd } from '../../core/money.ts'
import type { Repricing, UnpricedAttempt } from '../adjustment.ts'
import { createAdjustedSums } from './adjust-sums.ts'
import { COUNTS_OF_ATTEMPT, usageOf } from './columns.ts'
import { ORPHANED, RELEASED } from './rows.ts'

/** Which attempts are looked at. */
export interface UnpricedQuery {
  /** Exchanges created since; undefined: all. */
  readonly sinceMs: number | undefined
  /** The public name of a model; undefined: all. */
  readonly model: string | undefined
}

export interface Adjuster {
  /** The next ones that no adjustment has priced, behind attempt `after`, in their order. Reads only. */
  unpriced (query: UnpricedQuery, after: number): UnpricedAttempt[]
  /** Books all of them in one transaction. @returns those that were booked: others were priced meanwhile. */
  reprice (repricings: readonly Repricing[], source: string, nowMs: number): Repricing[]
}

/** Attempts of one look, and of one transaction: 10 ms of the broker's time at the most. */
export const MOST_ADJUSTED = 100

// Of an end that nobody saw the usage is not known, whatever the price.
const UNPRICED = `
  SELECT a.id, t.text AS task, p.text AS provider, m.text AS model, b.model_id AS modelId,
    e.created_at_ms + a.started_after_ms AS startedAtMs, json_array(${COUNTS_OF_ATTEMPT.join(', ')}) AS counts
  FROM attempts a
  JOIN exchanges e ON e.id = a.id >> 8
  JOIN backends b ON b.id = a.backend
  JOIN names t ON t.id = e.task
  JOIN names p ON p.id = b.provider
  JOIN names m ON m.id = b.model
  WHERE a.id > :after AND a.grade = (SELECT id FROM names WHERE text = 'unpriced') AND e.status IS NOT NULL
    AND a.outcome NOT IN (SELECT id FROM names WHERE text IN ('${ORPHANED}', '${RELEASED}'))
    AND (:sinceMs IS NULL OR e.created_at_ms >= :sinceMs) AND (:model IS NULL OR m.text = :model)
    AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.attempt = a.id)
  ORDER BY a.id LIMIT ${MOST_ADJUSTED}`

const INSERT = `
  INSERT INTO adjustments (attempt, at_ms, kind, cost_nano_usd, grade, price_version, line_items, source)
  SELECT id, :nowMs, 'repriced', :cost, :grade, :priceVersion, :lineItems, :source FROM attempts a
  WHERE a.id = :attempt AND a.grade = (SELECT id FROM names WHERE text = 'unpriced')
    AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.attempt = a.id)`

const KEEP_PRICE = 'INSERT INTO prices (version, document, first_used_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'

/** A hundred million dollars for one call: as rows.ts has it. */
const MOST_NANO_USD: NanoUsd = 10n ** 17n

type UnpricedRow = Omit<UnpricedAttempt, 'usage'> & { readonly counts: string }
type Filter = { readonly after: number, readonly sinceMs: number | null, readonly model: string | null }

export function createAdjuster (sqlite: Database): Adjuster {
  const unpriced = sqlite.prepare<[Filter], UnpricedRow>(UNPRICED)
  const insert = sqlite.prepare(INSERT)
  const keepPrice = sqlite.prepare<[string, string, number]>(KEEP_PRICE)
  const sums = createAdjustedSums(sqlite)

  const reprice = sqlite.transaction((repricings: readonly Repricing[], source: string, nowMs: number) =>
    repricings.filter((repricing) => {
      const { priceDocument, ...columns } = repricing
      const { attempt, cost, priceVersion } = columns
      if (cost < 0n || cost > MOST_NANO_USD) return false // no price makes that: the row stays as it is
      if (insert.run({ ...columns, lineItems: columns.lineItems ?? null, source, nowMs }).changes === 0) return false
      if (priceDocument !== undefined) keepPrice.run(priceVersion, priceDocument, nowMs)
      sums.add(attempt, cost)
      return true
    }))

  return {
    unpriced: ({ sinceMs, model }, after) =>
      unpriced.all({ after, sinceMs: sinceMs ?? null, model: model ?? null }).map(({ counts, ...attempt }) =>
        ({ ...attempt, usage: usageOf(JSON.parse(counts) as Array<number | null>) })),
    reprice: (repricings, source, nowMs) => reprice.immediate(repricings, source, nowMs)
  }
}
