// Windows of budgets, computed again from the rows: spent is what closed attempts used, reserved what running ones may.
//
// Rows that were pruned for their age cannot be added up any more: windows they may have counted in may have spent more
// than the rows that are left say, never less.

import type { Database } from 'better-sqlite3'
import type { Budget, BudgetUnit } from '../../budgets/budget.ts'
import { openBudgetRows } from '../../budgets/budget-rows.ts'
import { LARGEST_STEP_MS } from '../../budgets/steady-time.ts'
import { inputTokens, outputTokens, USAGE_KINDS } from '../../core/usage.ts'
import type { Damage, Difference } from '../verify.ts'
import { ADJUSTED_SETS } from './adjust-verify.ts'
import { readPlaces } from './budget-sets.ts'
import type { WindowSums } from './budget-windows.ts'
import { COUNTS_OF_ATTEMPT } from './columns.ts'
import { HOUR_MS } from './rollup.ts'
import { prunedOf } from './seals-verify.ts'

const TOKENS = USAGE_KINDS.flatMap((kind, at) =>
  (inputTokens({ [kind]: 1 }) ?? outputTokens({ [kind]: 1 })) === undefined ? [] : [COUNTS_OF_ATTEMPT[at] ?? 'NULL'])

// The same rules as in budget-amounts.ts.
const TOLD = `coalesce(${TOKENS.join(', ')}) IS NOT NULL`
const TOKEN_SUM = TOKENS.map((count) => `coalesce(${count}, 0)`).join(' + ')
const isNamed = (column: string, text: string) => `a.${column} IS (SELECT id FROM names WHERE text = '${text}')`
const BOUND = `iif(${isNamed('grade', 'free')}, 0, coalesce(a.ceiling_tokens, 0))`
// An end nobody saw: what had been told until then counts only where the operator wants estimates.
const HELD = `${isNamed('outcome', 'orphaned')} AND NOT ${isNamed('grade', 'counted')}`
const SPENT_TOKENS = `CASE WHEN a.outcome IS NULL OR ${isNamed('outcome', 'released')} THEN 0
  WHEN ${HELD} THEN ${BOUND} WHEN ${TOLD} THEN ${TOKEN_SUM} ELSE ${BOUND} END`

const SPENT_USD = `CASE WHEN a.outcome IS NULL OR ${isNamed('outcome', 'released')} THEN 0
  WHEN a.cost_nano_usd IS NULL THEN coalesce(a.ceiling_nano_usd, 0)
  ELSE a.cost_nano_usd + coalesce(a.markup_nano_usd, 0) END`

const ATTEMPTS = `
  SELECT s.text AS text, n.text AS model,
    sum(${SPENT_USD}) AS spentUsd,
    sum(iif(a.outcome IS NULL, coalesce(a.ceiling_nano_usd, 0), 0)) AS reservedUsd,
    sum(${SPENT_TOKENS}) AS spentTokens,
    sum(iif(a.outcome IS NULL, coalesce(a.ceiling_tokens, 0), 0)) AS reservedTokens
  FROM exchanges e
  JOIN budget_sets s ON s.id = e.budgets
  JOIN attempts a ON a.id BETWEEN e.id * 256 AND e.id * 256 + 255
  JOIN backends b ON b.id = a.backend
  JOIN names n ON n.id = b.model
  GROUP BY e.budgets, b.model`

const REQUESTS = `
  SELECT s.text AS text, count(e.status) AS spent, count(*) - count(e.status) AS reserved
  FROM exchanges e JOIN budget_sets s ON s.id = e.budgets GROUP BY e.budgets`

const STORED = 'SELECT budget, start_ms AS startMs, spent, reserved FROM budget_windows ORDER BY budget, start_ms'

const DANGLING = `
  SELECT count(*) AS count, min(id) AS first FROM exchanges e
  WHERE e.budgets IS NOT NULL AND NOT EXISTS (SELECT 1 FROM budget_sets s WHERE s.id = e.budgets)`

interface AttemptSums {
  readonly text: string
  readonly model: string
  readonly spentUsd: bigint
  readonly reservedUsd: bigint
  readonly spentTokens: bigint
  readonly reservedTokens: bigint
}

type RequestSums = WindowSums & { readonly text: string }
type StoredRow = WindowSums & { readonly budget: bigint, readonly startMs: bigint }

const NOTHING: WindowSums = { spent: 0n, reserved: 0n }

export function compareBudgets (sqlite: Database): Difference[] {
  const { byId } = openBudgetRows(sqlite)
  const budgets = new Cache(byId)
  const expected = expectedSums(sqlite, budgets)
  const found = new Findings(budgets, prunedUntilMs(sqlite))
  for (const { budget, startMs, ...stored } of sqlite.prepare<[], StoredRow>(STORED).safeIntegers().iterate()) {
    const place = `${budget} ${startMs}`
    found.compare(place, stored, expected.get(place) ?? NOTHING)
    expected.delete(place)
  }
  for (const [place, sums] of expected) found.compare(place, NOTHING, sums)
  return [...danglingSets(sqlite), ...found.differences()]
}

function expectedSums (sqlite: Database, budgets: Cache): Map<string, WindowSums> {
  const expected = new Map<string, WindowSums>()
  const add = (text: string, sumsOf: (budget: Budget) => WindowSums | undefined) => {
    for (const { budgetId, startMs } of readPlaces(text)) {
      const budget = budgets.get(budgetId)
      const sums = budget && sumsOf(budget)
      if (!sums) continue
      const place = `${budgetId} ${startMs}`
      const { spent, reserved } = expected.get(place) ?? NOTHING
      expected.set(place, { spent: spent + sums.spent, reserved: reserved + sums.reserved })
    }
  }
  for (const sql of [ATTEMPTS, ADJUSTED_SETS]) {
    for (const row of sqlite.prepare<[], AttemptSums>(sql).safeIntegers().iterate()) {
      add(row.text, ({ unit, scope }) => scope.kind === 'model' && scope.value !== row.model ? undefined : sumsIn(unit, row))
    }
  }
  for (const row of sqlite.prepare<[], RequestSums>(REQUESTS).safeIntegers().iterate()) {
    add(row.text, ({ unit }) => unit === 'requests' ? row : undefined)
  }
  return expected
}

function sumsIn (unit: BudgetUnit, row: AttemptSums): WindowSums | undefined {
  if (unit === 'usd') return { spent: row.spentUsd, reserved: row.reservedUsd }
  return unit === 'tokens' ? { spent: row.spentTokens, reserved: row.reservedTokens } : undefined
}

/** Budgets by id, each read once. */
class Cache {
  readonly #read: (id: number) => Budget | undefined
  readonly #known = new Map<number, Budget | undefined>()

  constructor (read: (id: number) => Budget | undefined) {
    this.#read = read
  }

  get (id: number): Budget | undefined {
    if (!this.#known.has(id)) this.#known.set(id, this.#read(id))
    return this.#known.get(id)
  }
}

class Findings {
  readonly #budgets: Cache
  readonly #prunedUntilMs: number
  readonly #found = new Map<Damage, { count: number, first: string }>()

  constructor (budgets: Cache, prunedUntilMs: number) {
    this.#budgets = budgets
    this.#prunedUntilMs = prunedUntilMs
  }

  compare (place: string, stored: WindowSums, rows: WindowSums): void {
    const [id = 0, startMs = 0] = place.split(' ').map(Number)
    const mayBePruned = startMs <= this.#prunedUntilMs
    const isSpentRight = mayBePruned ? stored.spent >= rows.spent : stored.spent === rows.spent
    const window = `budget ${this.#budgets.get(id)?.name ?? id} from ${new Date(startMs).toISOString()}`
    if (!isSpentRight) this.#note('budget_differs', `${window}: spent is ${stored.spent}, the rows say ${rows.spent}`)
    if (stored.reserved === rows.reserved) return
    this.#note('reservation_differs', `${window}: reserved is ${stored.reserved}, the rows say ${rows.reserved}`)
  }

  differences (): Difference[] {
    return [...this.#found].map(([name, { count, first }]) => ({ name, count, first }))
  }

  #note (name: Damage, first: string): void {
    const known = this.#found.get(name)
    if (known) known.count++
    else this.#found.set(name, { count: 1, first })
  }
}

/** Windows that begin later have all their rows; requests of a clock that was set back count in later windows. */
function prunedUntilMs (sqlite: Database): number {
  const pruned = prunedOf(sqlite)
  return pruned ? pruned.hour * HOUR_MS + LARGEST_STEP_MS : -Infinity
}

function danglingSets (sqlite: Database): Difference[] {
  const found = sqlite.prepare<[], { count: number, first: number }>(DANGLING).get()
  if (!found || found.count === 0) return []
  return [{ name: 'unknown_reference', count: found.count, first: `exchange ${found.first}` }]
}
