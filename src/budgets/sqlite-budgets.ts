// The budgets of a database: set, listed with what is left of them, and removed; beside a running broker, too.
//
// What must hold: a budget whose scope, unit or window changes is another one, because its sums mean something else:
// the row is closed and a fresh one begins at nothing. A changed limit keeps its sums.

import type { Database } from 'better-sqlite3'
import type { Clock } from '../core/clock.ts'
import { openBudgetRows, type BudgetRows } from './budget-rows.ts'
import type { Budget, BudgetTerms, Scope } from './budget.ts'
import { CurrentSpan } from './current-span.ts'
import { reachMs } from './span.ts'
import { scopeWords, windowWords } from './words.ts'

/** `replaced`: it counts from nothing again. */
export type BudgetChange = 'made' | 'changed' | 'replaced'

export interface BudgetState {
  readonly spent: bigint
  readonly reserved: bigint
  /** Never negative: a limit may be set below what is spent. */
  readonly left: bigint
  /** When the window ends; undefined for totals, and for rolling windows, where use wears off bit by bit. */
  readonly resetsAtMs: number | undefined
}

const NEWEST = 'SELECT max(start_ms) FROM budget_windows WHERE budget = ?'
const SUMS = `
  SELECT coalesce(sum(spent), 0) AS spent, coalesce(sum(reserved), 0) AS reserved FROM budget_windows
  WHERE budget = ? AND start_ms BETWEEN ? AND ?`
// Whoever raises a limit wants to hear of the new thresholds.
const FORGET_TOLD = 'UPDATE budget_windows SET told = 0 WHERE budget = ?'

export class SqliteBudgets {
  readonly #database: Database
  readonly #clock: Clock
  readonly #rows: BudgetRows
  readonly #changed: (name: string) => void

  /**
   * The database is open, with the tables of the migrations, and stays the caller's to close. `changed` hears the name
   * of every budget that is written: a connection does not notice what it has written itself.
   */
  constructor (database: Database, clock: Clock, changed: (name: string) => void = () => {}) {
    this.#changed = changed
    this.#database = database
    this.#clock = clock
    this.#rows = openBudgetRows(database)
  }

  list (): readonly Budget[] {
    return this.#rows.open()
  }

  /** Those of any of the scopes, oldest first. */
  ofScopes (scopes: readonly Scope[]): readonly Budget[] {
    return this.#rows.ofScopes(scopes)
  }

  find (name: string): Budget | undefined {
    return this.#rows.byName(name)
  }

  /** Makes the budget, or changes the one of that name. */
  set (terms: BudgetTerms): { readonly budget: Budget, readonly change: BudgetChange } {
    this.#changed(terms.name)
    return this.#database.transaction(() => {
      const before = this.find(terms.name)
      if (before && isSameCount(before, terms)) {
        this.#rows.update(before.id, terms)
        this.#database.prepare(FORGET_TOLD).run(before.id)
        return { budget: this.#read(before.id), change: 'changed' as const }
      }
      this.#rows.close(terms.name, this.#clock.nowMs())
      const id = this.#rows.insert(terms, this.#clock.nowMs())
      return { budget: this.#read(id), change: before ? 'replaced' as const : 'made' as const }
    }).immediate()
  }

  /** Requests it counted keep their rows. False: no such budget. */
  remove (name: string): boolean {
    this.#changed(name)
    return this.#rows.close(name, this.#clock.nowMs())
  }

  stateOf (budget: Budget): BudgetState {
    const { id, window, limit } = budget
    const newest = this.#database.prepare<[number], number | null>(NEWEST).pluck().get(id) ?? undefined
    const { startMs, endMs } = new CurrentSpan(window, newest).at(this.#clock.nowMs())
    const reach = reachMs(window)
    const sums = this.#database.prepare<[number, number, number], { spent: bigint, reserved: bigint }>(SUMS)
      .safeIntegers().get(id, startMs - reach, startMs + reach)
    const { spent, reserved } = sums ?? { spent: 0n, reserved: 0n }
    const left = limit - spent - reserved
    const resetsAtMs = window.kind === 'calendar' ? endMs : undefined
    return { spent, reserved, left: left > 0n ? left : 0n, resetsAtMs }
  }

  #read (id: number): Budget {
    return this.#rows.byId(id) as Budget // written a line ago
  }
}

function isSameCount (one: BudgetTerms, other: BudgetTerms): boolean {
  return one.unit === other.unit && scopeWords(one.scope) === scopeWords(other.scope) &&
    windowWords(one.window) === windowWords(other.window)
}
