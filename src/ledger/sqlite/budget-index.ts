// Which budgets a request counts in: looked up in memory, read again when another connection has written.

import type { Database } from 'better-sqlite3'
import { openBudgetRows, type BudgetRows } from '../../budgets/budget-rows.ts'
import { thresholdOf, type Budget, type ScopeKind } from '../../budgets/budget.ts'
import { CurrentSpan } from '../../budgets/current-span.ts'
import { reachMs } from '../../budgets/span.ts'
import { SteadyTime } from '../../budgets/steady-time.ts'
import type { Clock } from '../../core/clock.ts'
import type { ExchangeIntent, Spender } from '../ledger.ts'

/** A budget something is booked in, with what is worked out once. */
export interface CountedBudget {
  readonly budget: Budget
  readonly reachMs: number
  /** Amounts of its thresholds, ascending; none when it is closed. */
  readonly thresholds: readonly bigint[]
}

/** A budget in force. */
export interface KnownBudget extends CountedBudget {
  readonly span: CurrentSpan
}

/** Whose use it is. */
export type Scopes = Pick<ExchangeIntent, 'createdAtMs' | 'ip' | 'keyId' | 'team' | 'project'>

const NEWEST = 'SELECT max(start_ms) FROM budget_windows WHERE budget = ?'

export class BudgetIndex {
  readonly #rows: BudgetRows
  readonly #version: () => number | undefined
  readonly #newest: (id: number) => number | undefined
  #known: Record<ScopeKind, Map<string, KnownBudget[]>> = emptyIndex()
  #byId = new Map<number, KnownBudget>()
  #byName = new Map<string, KnownBudget>()
  /** Names of budgets that this connection has changed itself, and that have to be read again. */
  readonly #touched = new Set<string>()
  readonly #time: SteadyTime
  #seen: number | undefined
  #isFresh = false
  #isAhead = false

  constructor (sqlite: Database, clock: Clock) {
    this.#time = new SteadyTime(clock)
    this.#rows = openBudgetRows(sqlite)
    const version = sqlite.prepare<[], number>('PRAGMA data_version').pluck()
    this.#version = () => version.get()
    const newest = sqlite.prepare<[number], number | null>(NEWEST).pluck()
    this.#newest = (id) => newest.get(id) ?? undefined
    this.#reread()
  }

  /** Whether nothing is limited, as of the last `refresh`. */
  get isEmpty (): boolean {
    return this.#byId.size === 0
  }

  /** Asks the file once per transaction whether others have written (0.2 us): all that budgets cost who has none. */
  refresh (): void {
    if (this.#isFresh) return
    if (this.#version() !== this.#seen) this.#reread()
    else if (this.#touched.size > 0) this.#rereadTouched()
    this.#isAhead = !this.isEmpty && this.#time.isAhead()
    this.#isFresh = true
  }

  /** When the window of a budget began that a request counts in. Call after `refresh`. */
  startOf ({ span }: KnownBudget, { createdAtMs }: Scopes): number {
    return span.at(createdAtMs, this.#isAhead).startMs
  }

  /** The transaction is over: others may write until the next one. */
  stale (): void {
    this.#isFresh = false
  }

  /** This connection has written the budget of that name itself, which its version of the file does not tell. */
  touch (name: string): void {
    this.#touched.add(name)
    this.#isFresh = false
  }

  byId (id: number): KnownBudget | undefined {
    return this.#byId.get(id)
  }

  /** Every budget that an attempt at a model counts in, by id. */
  of ({ ip, keyId, team, project }: Spender, model: string): KnownBudget[] {
    const found: KnownBudget[] = []
    this.#collect(found, 'global', '')
    this.#collect(found, 'key', keyId)
    this.#collect(found, 'team', team)
    this.#collect(found, 'project', project)
    this.#collect(found, 'model', model)
    this.#collect(found, 'ip', ip)
    return found.length < 2 ? found : found.sort((one, other) => one.budget.id - other.budget.id)
  }

  #collect (into: KnownBudget[], kind: ScopeKind, value: string | undefined): void {
    const known = this.#known[kind]
    if (value === undefined || known.size === 0) return
    const budgets = known.get(value)
    if (budgets) into.push(...budgets)
  }

  #reread (): void {
    // The version first: a commit between the two reads is then seen again, never missed.
    this.#seen = this.#version()
    const before = this.#byId
    this.#known = emptyIndex()
    this.#byId = new Map()
    this.#byName = new Map()
    this.#touched.clear()
    for (const budget of this.#rows.open()) this.#add(budget, before.get(budget.id)?.span)
  }

  /** Each by itself: ten thousand limits, made one after the other, are not read ten thousand times. */
  #rereadTouched (): void {
    for (const name of this.#touched) {
      const before = this.#byName.get(name)
      if (before) this.#remove(before)
      const after = this.#rows.byName(name)
      if (after) this.#add(after, after.id === before?.budget.id ? before.span : undefined)
    }
    this.#touched.clear()
  }

  #remove (known: KnownBudget): void {
    const { id, name, scope: { kind, value } } = known.budget
    this.#byId.delete(id)
    this.#byName.delete(name)
    const others = (this.#known[kind].get(value) ?? []).filter((other) => other !== known)
    if (others.length > 0) this.#known[kind].set(value, others)
    else this.#known[kind].delete(value)
  }

  /** `span`: what was seen before it was read again; its window never changes. */
  #add (budget: Budget, span: CurrentSpan | undefined): void {
    const { id, scope: { kind, value }, window, limit, thresholds } = budget
    const known = {
      budget,
      span: span ?? new CurrentSpan(window, this.#newest(id)),
      reachMs: reachMs(window),
      thresholds: thresholds.map((share) => thresholdOf(limit, share))
    }
    this.#byId.set(id, known)
    this.#byName.set(budget.name, known)
    const sameScope = this.#known[kind].get(value)
    if (sameScope) sameScope.push(known)
    else this.#known[kind].set(value, [known])
  }
}

function emptyIndex (): Record<ScopeKind, Map<string, KnownBudget[]>> {
  return { global: new Map(), key: new Map(), team: new Map(), project: new Map(), model: new Map(), ip: new Map() }
}
