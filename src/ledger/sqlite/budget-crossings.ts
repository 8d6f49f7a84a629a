// Thresholds of budgets: who reaches one is told once per window, after the commit that did it.
//
// How far a budget is from its next threshold is kept in memory, so that booking costs a subtraction; only who comes
// near is read from the file. A rolled back transaction leaves the distance too small, which costs a reading.

import type { BudgetCrossing } from '../ledger.ts'
import type { BudgetIndex, KnownBudget } from './budget-index.ts'
import type { WindowPlace } from './budget-sets.ts'
import type { BudgetWindows } from './budget-windows.ts'

interface Distance {
  readonly known: KnownBudget
  readonly startMs: number
  /** What may be spent before the next threshold is reached; undefined: there is none left. */
  rest: bigint | undefined
}

export interface CrossingsParts {
  readonly index: BudgetIndex
  readonly windows: BudgetWindows
  readonly tell: (crossing: BudgetCrossing) => void
}

export class BudgetCrossings {
  readonly #parts: CrossingsParts
  readonly #distances = new Map<number, Distance>()
  #pending: BudgetCrossing[] = []

  constructor (parts: CrossingsParts) {
    this.#parts = parts
  }

  /** Call after `spent` was booked in this window. */
  note (place: WindowPlace, spent: bigint): void {
    const known = spent === 0n ? undefined : this.#parts.index.byId(place.budgetId)
    if (!known || known.thresholds.length === 0) return
    const distance = this.#distances.get(place.budgetId)
    if (distance?.known !== known || distance.startMs !== place.startMs) return this.#look(known, place)
    if (distance.rest === undefined) return
    distance.rest -= spent
    if (distance.rest <= 0n) this.#look(known, place)
  }

  afterCommit (): void {
    if (this.#pending.length === 0) return
    const crossings = this.#pending
    this.#pending = []
    for (const crossing of crossings) this.#parts.tell(crossing)
  }

  afterRollback (): void {
    this.#pending = []
    this.#distances.clear()
  }

  #look (known: KnownBudget, place: WindowPlace): void {
    const { budget, thresholds } = known
    const { windows } = this.#parts
    const { spent, reserved, told } = windows.sums(place, known.reachMs)
    let reached = told
    for (let next = thresholds[reached]; next !== undefined && spent >= next; next = thresholds[reached]) {
      const threshold = budget.thresholds[reached] ?? 0
      this.#pending.push({ budget, threshold, spent, reserved, limit: budget.limit })
      reached++
    }
    if (reached > told) windows.tell(place, reached)
    const next = thresholds[reached]
    const rest = next === undefined ? undefined : next - spent
    this.#distances.set(budget.id, { known, startMs: place.startMs, rest })
  }
}
