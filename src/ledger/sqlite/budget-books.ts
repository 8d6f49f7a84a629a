// Budgets in the writes of the ledger: what each exchange holds of them from its intent to its settlement.
//
// What must hold: after every commit a window's `reserved` is the sum over running attempts (in requests, over open
// exchanges) and its `spent` the sum over closed ones. An exchange keeps the windows of its first moment; an attempt at
// a model that was not tried before joins that model's budgets. Everything here is one transaction with its rows.

import type { Database } from 'better-sqlite3'
import { openBudgetRows } from '../../budgets/budget-rows.ts'
import type { Budget } from '../../budgets/budget.ts'
import { reachMs } from '../../budgets/span.ts'
import type { Clock } from '../../core/clock.ts'
import type { GatewayError } from '../../core/errors.ts'
import type { BudgetAnswer } from '../budget-answer.ts'
import type {
  AttemptBounds, AttemptIntent, AttemptResult, BudgetCrossing, Room, Shrink, Spender
} from '../ledger.ts'
import { ceilingOf, usedBy, type UsedUp } from './budget-amounts.ts'
import { answerOf, type Question } from './budget-answers.ts'
import { holdsNothing, isFor, movesOf, NOTHING, unboundedLine, type Held, type Line } from './budget-claims.ts'
import { BudgetCrossings } from './budget-crossings.ts'
import { BudgetIndex, type CountedBudget, type Scopes } from './budget-index.ts'
import { exceeded, unbounded, type Shortage } from './budget-refusal.ts'
import { createBudgetSets, type BudgetSets } from './budget-sets.ts'
import { createBudgetWindows, type BudgetWindows, type Move } from './budget-windows.ts'

const NOBODY: Scopes = { createdAtMs: 0, ip: '', keyId: undefined }

/** The attempt that is to begin, and how it may be made smaller. */
export interface Step {
  readonly attempt: AttemptIntent
  readonly shrink?: Shrink | undefined
}

/** The attempt as it was reserved for. */
export interface Reserved {
  readonly held: Held
  readonly attempt: AttemptIntent
}

export class BudgetBooks {
  readonly #index: BudgetIndex
  readonly #sets: BudgetSets
  readonly #windows: BudgetWindows
  readonly #crossings: BudgetCrossings
  readonly #closed: (id: number) => Budget | undefined

  constructor (sqlite: Database, clock: Clock, tell: (crossing: BudgetCrossing) => void) {
    this.#index = new BudgetIndex(sqlite, clock)
    this.#sets = createBudgetSets(sqlite)
    this.#windows = createBudgetWindows(sqlite)
    this.#crossings = new BudgetCrossings({ index: this.#index, windows: this.#windows, tell })
    this.#closed = openBudgetRows(sqlite).byId
  }

  /** Reserves for the first attempt. Undefined: there are no budgets. An error: nothing has changed. */
  open (scopes: Scopes, step: Step): Reserved | GatewayError | undefined {
    this.#index.refresh()
    if (this.#index.isEmpty) return undefined
    return this.#reserve(holdsNothing(scopes), step)
  }

  /** Books the ended attempt and reserves for the next one: what is held from now on. An error: nothing has changed. */
  retry (held: Held, ended: AttemptResult, step: Step): Reserved | GatewayError {
    this.#index.refresh()
    return this.#reserve(held, step, ended)
  }

  /** Books the last attempt and the request, and gives the rest back. A result nobody has counts as its bound. */
  settle (held: Held, last: UsedUp | undefined): void {
    const used = last ? usedBy(last, held.ceiling) : held.ceiling
    for (const line of held.lines) {
      const { unit } = line.counted.budget
      if (unit === 'requests') this.#book(line, 1n, 1n)
      else if (isFor(line, held)) this.#book(line, used[unit], held.ceiling[unit])
    }
  }

  /** What an exchange of an earlier process holds: its set, and the model and bounds of its running attempt. */
  heldBefore (set: number, running: Pick<AttemptIntent, 'model' | 'ceiling' | 'ceilingTokens'> | undefined): Held {
    const lines = this.#sets.placesOf(set).flatMap((place) => {
      const counted = this.#current(place.budgetId)
      return counted ? [{ ...place, counted }] : []
    })
    return {
      ...holdsNothing(NOBODY),
      set,
      lines,
      models: running ? [running.model] : [],
      ceiling: running ? ceilingOf(running) : NOTHING
    }
  }

  /** See Ledger.isBounded. */
  isBounded (spender: Spender, model: string): boolean {
    this.#index.refresh()
    this.#index.stale() // no transaction ends here
    return !this.#index.isEmpty && this.#index.of(spender, model)
      .some(({ budget }) => !budget.isSoft && budget.unit !== 'requests')
  }

  /** See Ledger.askBudgets. */
  ask (spender: Spender, question: Question): BudgetAnswer[] {
    this.#index.refresh()
    this.#index.stale() // no transaction ends here
    if (this.#index.isEmpty) return []
    const { lines } = this.#after(holdsNothing({ ...spender, createdAtMs: question.nowMs }), question.attempt)
    return lines.map((line) => answerOf(line, question, this.#windows))
  }

  afterCommit (): void {
    this.#index.stale()
    this.#crossings.afterCommit()
  }

  afterRollback (): void {
    this.#index.stale()
    this.#sets.forget()
    this.#windows.forget()
    this.#crossings.afterRollback()
  }

  /** This connection has changed the budget of that name itself; what others change is noticed without it. */
  reread (name: string): void {
    this.#index.touch(name)
  }

  #after (held: Held, next: AttemptBounds): Held {
    const ceiling = ceilingOf(next)
    if (held.models.includes(next.model)) {
      return { ...held, models: [...held.models.filter((model) => model !== next.model), next.model], ceiling }
    }
    const isFirst = held.models.length === 0
    const joined: Line[] = []
    for (const counted of this.#index.of(held.scopes, next.model)) {
      const { id, scope } = counted.budget
      if (!isFirst && scope.kind !== 'model') continue
      joined.push({ counted, budgetId: id, startMs: this.#index.startOf(counted, held.scopes) })
    }
    return { ...held, lines: merged(held.lines, joined), models: [...held.models, next.model], ceiling }
  }

  /** What a budget leaves is read and taken in one transaction, so that a smaller attempt has it for sure. */
  #reserve (before: Held, { attempt, shrink }: Step, ended?: AttemptResult): Reserved | GatewayError {
    const after = this.#after(before, attempt)
    const bare = unboundedLine(after, attempt)
    if (bare) return unbounded(bare.line.counted, bare.reason)
    const moves = movesOf(before, after, ended ? usedBy(ended, before.ceiling) : NOTHING)
    if (moves.length === 0) return { held: after, attempt }
    if (!this.#windows.move(moves)) {
      const short = this.#shortages(after.lines, moves)
      const smaller = shrink && shrunk(short, shrink)
      return smaller ? this.#reserve(before, { attempt: smaller }, ended) : this.#refusal(short, before)
    }
    return { held: this.#moved(before, after, moves), attempt }
  }

  #refusal ([shortage]: readonly Shortage[], { scopes }: Held): GatewayError {
    if (!shortage) throw new Error('a reservation was refused although every budget has room for it')
    return exceeded(shortage, this.#windows, scopes.createdAtMs)
  }

  #moved (before: Held, after: Held, moves: readonly Move[]): Held {
    for (const [at, line] of after.lines.entries()) this.#crossings.note(line, moves[at]?.spent ?? 0n)
    return after.lines === before.lines ? after : { ...after, set: this.#sets.idOf(after.lines) }
  }

  /** The hard budgets that have no room for their moves; one move for each line. */
  #shortages (lines: readonly Line[], moves: readonly Move[]): Shortage[] {
    const short: Shortage[] = []
    for (const [at, place] of lines.entries()) {
      const move = moves[at]
      const counted = this.#current(place.budgetId) // a limit may have changed since the exchange began
      if (!move || move.wanted === 0n || !counted || counted.budget.isSoft) continue
      const sums = this.#windows.sums(place, counted.reachMs)
      const spent = sums.spent + move.spent
      const reserved = sums.reserved - move.released
      if (spent + reserved + move.wanted <= counted.budget.limit) continue
      short.push({ counted, place, spent, reserved, needed: move.wanted })
    }
    return short
  }

  #book (line: Line, spent: bigint, released: bigint): void {
    this.#windows.book(line, spent, released)
    this.#crossings.note(line, spent)
  }

  #current (id: number): CountedBudget | undefined {
    const known = this.#index.byId(id)
    if (known) return known
    const budget = this.#closed(id)
    return budget && { budget, reachMs: reachMs(budget.window), thresholds: [] }
  }
}

function merged (held: readonly Line[], joined: readonly Line[]): readonly Line[] {
  if (held.length === 0) return joined
  return joined.length === 0 ? held : [...held, ...joined].sort((one, other) => one.budgetId - other.budgetId)
}

function shrunk (short: readonly Shortage[], shrink: Shrink): AttemptIntent | undefined {
  if (!short.every(({ counted: { budget } }) => budget.mayClamp && budget.unit !== 'requests')) return undefined
  const tokens = leastLeft(short, 'tokens')
  return shrink({ usd: leastLeft(short, 'usd'), tokens: tokens === undefined ? undefined : Number(tokens) } satisfies Room)
}

/** The largest bound that fits every budget of a unit; undefined: none of them is short. */
function leastLeft (short: readonly Shortage[], unit: 'usd' | 'tokens'): bigint | undefined {
  let least: bigint | undefined
  for (const { counted: { budget }, spent, reserved } of short) {
    if (budget.unit !== unit) continue
    const left = budget.limit - spent - reserved
    if (least === undefined || left < least) least = left > 0n ? left : 0n
  }
  return least
}
