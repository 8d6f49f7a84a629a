// A ledger with budgets, set from another connection, as the command does.

import type { Test } from 'tap'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import type { Budget, BudgetTerms } from '../../src/budgets/budget.ts'
import { systemClock } from '../../src/core/clock.ts'
import { GatewayError } from '../../src/core/errors.ts'
import type { BudgetCrossing } from '../../src/ledger/ledger.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import type { LedgerOutside } from '../../src/ledger/sqlite/ledger.ts'
import { NOON_MS } from './samples.ts'
import { databasePath, sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

export interface WindowRow {
  readonly name: string
  readonly startMs: number
  readonly spent: bigint
  readonly reserved: bigint
}

export interface BudgetedBooks extends SqliteBooks {
  readonly budgets: SqliteBudgets
  readonly crossings: BudgetCrossing[]
  set (changes?: Partial<BudgetTerms>): Budget
  /** Keeps the ledger from writing until the function is called. */
  hold (): () => void
  /** As the file has them, read by the other connection. */
  windows (): WindowRow[]
}

export function terms (changes: Partial<BudgetTerms> = {}): BudgetTerms {
  return {
    name: 'all',
    scope: { kind: 'global', value: '' },
    unit: 'usd',
    limit: 10_000_000n,
    window: { kind: 'total' },
    thresholds: [],
    isSoft: false,
    mayClamp: false,
    ...changes
  }
}

const WINDOWS = `
  SELECT b.name, w.start_ms AS startMs, w.spent, w.reserved FROM budget_windows w JOIN budgets b ON b.id = w.budget
  ORDER BY b.id, w.start_ms`

export function budgetedBooks (
  t: Test, path = databasePath(t), outside: Partial<LedgerOutside> = {}, nowMs = NOON_MS
): BudgetedBooks {
  const crossings: BudgetCrossing[] = []
  const books = sqliteBooks(t, path, nowMs, { budgetCrossed: (crossing) => { crossings.push(crossing) }, ...outside })
  const guest = openDatabase(path, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const budgets = new SqliteBudgets(guest.sqlite, { ...systemClock, nowMs: () => nowMs })
  const windows = guest.sqlite.prepare<[], WindowRow & { startMs: bigint }>(WINDOWS).safeIntegers()
  return {
    ...books,
    budgets,
    crossings,
    set: (changes = {}) => budgets.set(terms(changes)).budget,
    hold () {
      guest.sqlite.exec('BEGIN IMMEDIATE')
      return () => { guest.sqlite.exec('COMMIT') }
    },
    windows: () => windows.all().map((row) => ({ ...row, startMs: Number(row.startMs) }))
  }
}

/** The error a promise is rejected with, which has to be one for the client. */
export async function refusalOf (promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(() => undefined, (error: unknown) => error)
  if (error instanceof GatewayError) return error
  throw new Error(`no refusal: ${String(error)}`)
}
