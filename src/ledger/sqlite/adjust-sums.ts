// The sums an adjustment changes: its hour, the spans over that hour, and the budgets its exchange counted in.

import type { Database } from 'better-sqlite3'
import { openBudgetRows } from '../../budgets/budget-rows.ts'
import type { Budget } from '../../budgets/budget.ts'
import type { NanoUsd } from '../../core/money.ts'
import { changedHoursOf } from './changed-hours.ts'
import { readPlaces } from './budget-sets.ts'
import { HOUR_MS } from './rollup.ts'

export interface AdjustedSums {
  /**
   * Adds the difference of an adjustment that is written already. Part of its transaction.
   * @throws when the row or a sum it belongs to is not there: then nothing may be written.
   */
  add (attempt: number, difference: NanoUsd): void
}

interface Place {
  readonly hour: number
  readonly ip: number
  readonly key: number
  readonly model: number
  readonly provider: number
}

interface AttemptRow extends Place {
  readonly modelName: string
  readonly budgets: string | null
  /** What budgets count of it while its cost is not known: its bound, in digits, since it may be over 2^53. */
  readonly bound: string
  /** Whether no attempt of the exchange is without a cost any more. */
  readonly isPriced: number
  readonly wasUnpriced: number
}

const ATTEMPT = `
  SELECT e.created_at_ms / ${HOUR_MS} AS hour, e.ip, e.key, b.model, b.provider, n.text AS modelName, s.text AS budgets,
    CAST(iif(a.cost_nano_usd IS NULL, coalesce(a.ceiling_nano_usd, 0), 0) AS TEXT) AS bound,
    a.cost_nano_usd IS NULL AND (SELECT count(*) FROM adjustments x WHERE x.attempt = a.id) = 1 AS wasUnpriced,
    NOT EXISTS (SELECT 1 FROM attempts o WHERE o.id BETWEEN e.id * 256 AND e.id * 256 + 255
      AND o.cost_nano_usd IS NULL AND NOT EXISTS (SELECT 1 FROM adjustments x WHERE x.attempt = o.id)) AS isPriced
  FROM attempts a
  JOIN exchanges e ON e.id = a.id >> 8
  JOIN backends b ON b.id = a.backend
  JOIN names n ON n.id = b.model
  LEFT JOIN budget_sets s ON s.id = e.budgets
  WHERE a.id = ?`

// Requests count under the last attempt.
const LAST = `
  SELECT b.model, b.provider FROM attempts a JOIN backends b ON b.id = a.backend
  WHERE a.id = (SELECT max(id) FROM attempts WHERE id BETWEEN (:attempt >> 8) * 256 AND (:attempt >> 8) * 256 + 255)`

const AT = 'hour = :hour AND ip = :ip AND key = :key AND model = :model AND provider = :provider'
const ADD_COST = `UPDATE usage_hourly SET cost_nano_usd = cost_nano_usd + :difference WHERE ${AT}`
const TAKE_UNPRICED = `UPDATE usage_hourly SET unpriced = unpriced - 1 WHERE ${AT}`
const UNLIST = 'DELETE FROM usage_span_list WHERE start <= :hour AND start + hours > :hour'
const SPEND = 'UPDATE budget_windows SET spent = spent + ? WHERE budget = ? AND start_ms = ?'

export function createAdjustedSums (sqlite: Database): AdjustedSums {
  const changed = changedHoursOf(sqlite)
  const find = sqlite.prepare<[number], AttemptRow>(ATTEMPT)
  const last = sqlite.prepare<[{ attempt: number }], Pick<Place, 'model' | 'provider'>>(LAST)
  const addCost = sqlite.prepare(ADD_COST)
  const takeUnpriced = sqlite.prepare(TAKE_UNPRICED)
  const unlist = sqlite.prepare(UNLIST)
  const spend = budgetSpender(sqlite)
  return {
    add (attempt, difference) {
      const row = find.get(attempt)
      if (!row) throw new Error(`attempt ${attempt} is not in the books`)
      const { hour, ip, key, model, provider, modelName, budgets, bound, wasUnpriced, isPriced } = row
      const place = { hour, ip, key, model, provider }
      changeOne(addCost.run({ ...place, difference }).changes, place)
      if (wasUnpriced && isPriced) {
        const counted = { ...place, ...last.get({ attempt }) }
        changeOne(takeUnpriced.run(counted).changes, counted)
      }
      unlist.run({ hour })
      changed.note(hour)
      if (budgets !== null) spend(budgets, modelName, difference - BigInt(bound))
    }
  }
}

function changeOne (changes: number, { hour }: Place): void {
  if (changes !== 1) throw new Error(`the sums of ${new Date(hour * HOUR_MS).toISOString()} do not have this request`)
}

/** In every window of money the exchange counted in; those of other models than the attempt's count nothing of it. */
function budgetSpender (sqlite: Database) {
  const { byId } = openBudgetRows(sqlite)
  const spend = sqlite.prepare<[bigint, number, number]>(SPEND)
  const countsIn = ({ unit, scope }: Budget, model: string) =>
    unit === 'usd' && (scope.kind !== 'model' || scope.value === model)
  return (set: string, model: string, difference: NanoUsd): void => {
    for (const { budgetId, startMs } of readPlaces(set)) {
      const budget = byId(budgetId)
      if (budget && countsIn(budget, model)) spend.run(difference, budgetId, startMs)
    }
  }
}
