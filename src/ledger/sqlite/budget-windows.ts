// `budget_windows`: what is spent and reserved, changed only here.
//
// DESIGN (P3). A reservation is one statement over all windows of a request: its guard looks at every hard budget
// before anything is written, so that all of them lend or none does. Windows of a rolling budget that lie within its
// reach on either side are added up, which covers every stretch of that length the request can fall in. The triggers
// of 005-budgets.sql refuse an overshooting reservation even from code that forgets to ask. What a provider did charge
// is booked as it is, over the limit if it must be: then the next reservation is refused.
// Measured: an exchange over four budgets, one of them rolling, costs 58 us of CPU alone and 31 us with 8 in a turn,
// against 31 and 10 us of one without. Where no budget is set it is the same as before there were any.

import type { Database, Statement } from 'better-sqlite3'
import type { WindowPlace } from './budget-sets.ts'

/** Amounts in the unit of the budget. */
export interface Move extends WindowPlace {
  /** Used by what ended with this move. */
  readonly spent: bigint
  /** What had been reserved for that. */
  readonly released: bigint
  /** Asked for what comes next. */
  readonly wanted: bigint
}

export interface WindowSums {
  readonly spent: bigint
  readonly reserved: bigint
}

export interface BookedSums extends WindowSums {
  /** How many thresholds the operator has heard of. */
  readonly told: number
}

export interface BudgetWindows {
  /** Makes every move, or none when some hard budget has no room for what is wanted: false. */
  move (moves: readonly Move[]): boolean
  /** Books what was used and gives a reservation back. */
  book (place: WindowPlace, spent: bigint, released: bigint): void
  /** What counts together with a window. */
  sums (place: WindowPlace, reachMs: number): BookedSums
  /** The windows that count together with one, oldest first. */
  parts (place: WindowPlace, reachMs: number): Array<WindowSums & { readonly startMs: bigint }>
  tell (place: WindowPlace, count: number): void
  /** The transaction was rolled back: windows made in it do not exist. */
  forget (): void
}

// Who wants nothing always fits: what is free may go on when the money is spent.
const guarded = (moves: number) => `
  WITH asked (budget, start_ms, spent, released, wanted) AS (VALUES ${new Array(moves).fill('(?, ?, ?, ?, ?)').join(', ')})
  UPDATE budget_windows AS w SET spent = w.spent + asked.spent, reserved = w.reserved - asked.released + asked.wanted
  FROM asked WHERE w.budget = asked.budget AND w.start_ms = asked.start_ms AND NOT EXISTS (
    SELECT 1 FROM asked a JOIN budgets b ON b.id = a.budget
    WHERE a.wanted > 0 AND b.is_soft = 0 AND a.spent - a.released + a.wanted + (
      SELECT sum(n.spent + n.reserved) FROM budget_windows n
      WHERE n.budget = a.budget AND n.start_ms BETWEEN a.start_ms - b.reach_ms AND a.start_ms + b.reach_ms) > b.amount)`

const MAKE = 'INSERT OR IGNORE INTO budget_windows (budget, start_ms, spent, reserved) VALUES (?, ?, 0, 0)'

const BOOK = 'UPDATE budget_windows SET spent = spent + ?, reserved = reserved - ? WHERE budget = ? AND start_ms = ?'

const SUMS = `
  SELECT coalesce(sum(spent), 0) AS spent, coalesce(sum(reserved), 0) AS reserved, coalesce(max(told), 0) AS told
  FROM budget_windows WHERE budget = ? AND start_ms BETWEEN ? AND ?`

const PARTS = `
  SELECT start_ms AS startMs, spent, reserved FROM budget_windows
  WHERE budget = ? AND start_ms BETWEEN ? AND ? ORDER BY start_ms`

const TELL = 'UPDATE budget_windows SET told = ? WHERE budget = ? AND start_ms = ?'

type Place = [budgetId: number, firstMs: number, lastMs: number]

export function createBudgetWindows (sqlite: Database): BudgetWindows {
  const guards = new Map<number, Statement>()
  const book = sqlite.prepare<[bigint, bigint, number, number]>(BOOK)
  const sums = sqlite.prepare<Place, WindowSums & { readonly told: bigint }>(SUMS).safeIntegers()
  const parts = sqlite.prepare<Place, WindowSums & { readonly startMs: bigint }>(PARTS).safeIntegers()
  const tell = sqlite.prepare<[number, number, number]>(TELL)
  const windows = windowMaker(sqlite)

  const guardOf = (count: number): Statement => {
    const known = guards.get(count)
    if (known) return known
    const made = sqlite.prepare(guarded(count))
    guards.set(count, made)
    return made
  }

  return {
    move (moves) {
      const values: bigint[] = []
      for (const move of moves) {
        const { budgetId, startMs, spent, released, wanted } = move
        windows.make(move)
        // Numbers of JavaScript would be bound as doubles, and a sum with one is not exact above 2^53.
        values.push(BigInt(budgetId), BigInt(startMs), spent, released, wanted)
      }
      return guardOf(moves.length).run(...values).changes === moves.length
    },
    book ({ budgetId, startMs }, spent, released) {
      if (book.run(spent, released, budgetId, startMs).changes === 1) return
      throw new Error(`budget ${budgetId} has no window of ${startMs}`)
    },
    sums (place, reachMs) {
      const { spent = 0n, reserved = 0n, told = 0n } = sums.get(...around(place, reachMs)) ?? {}
      return { spent, reserved, told: Number(told) }
    },
    parts: (place, reachMs) => parts.all(...around(place, reachMs)),
    tell ({ budgetId, startMs }, count) { tell.run(count, budgetId, startMs) },
    forget: windows.forget
  }
}

/** Windows are made on first use; the last one of each budget is remembered. */
function windowMaker (sqlite: Database) {
  const insert = sqlite.prepare<[number, number]>(MAKE)
  const last = new Map<number, number>()
  return {
    make ({ budgetId, startMs }: WindowPlace): void {
      if (last.get(budgetId) === startMs) return
      insert.run(budgetId, startMs)
      last.set(budgetId, startMs)
    },
    forget () { last.clear() }
  }
}

function around ({ budgetId, startMs }: WindowPlace, reachMs: number): Place {
  return [budgetId, startMs - reachMs, startMs + reachMs]
}
