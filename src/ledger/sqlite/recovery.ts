// After a crash: every exchange an earlier process left open is closed, graded by what is known, and counted.
// One that cannot be booked is skipped: the broker starts, and the operator is told.

import type { Database } from 'better-sqlite3'
import type { BudgetBooks } from './budget-books.ts'
import { createHeldReader, type HeldRow } from './budget-recovery.ts'
import type { Dictionary } from './dictionary.ts'
import { storeFailureOf } from './group-commit.ts'
import type { Rollup } from './rollup.ts'
import type { Orphans } from './progress-orphans.ts'
import { ORPHANED } from './rows.ts'

/** The status of an exchange whose client got no answer we know of. */
export const STATUS_UNKNOWN = 0

interface OpenRow extends HeldRow {
  readonly created_at_ms: number
  readonly ip: number
  readonly key: number
  readonly requested_model: number
}

export interface RecoveryParts {
  readonly sqlite: Database
  readonly dictionary: Dictionary
  readonly orphans: Orphans
  readonly rollup: Rollup
  readonly budgets: BudgetBooks
}

const OPEN_ROWS = `
  SELECT id, created_at_ms, ip, key, requested_model, budgets FROM exchanges
  WHERE id >= (SELECT value FROM marks WHERE name = 'settled_below') AND id < ? AND status IS NULL`

const CLOSE_EXCHANGE = 'UPDATE exchanges SET status = ?, error = ? WHERE id = ?'

export interface Recovered {
  readonly closed: number
  /** Exchanges that cannot be booked, oldest first: the sums of their hour are full, or their row is broken. */
  readonly skipped: ReadonlyArray<{ readonly row: number, readonly error: Error }>
}

/**
 * Closes the open exchanges with a row below `firstRow`: all in one transaction, or one by one when some cannot be.
 * @throws what SQLite says when the store cannot be written.
 */
export function recoverRows (parts: RecoveryParts, firstRow: number, nowMs: number): Recovered {
  const { sqlite } = parts
  const left = sqlite.prepare<[number], OpenRow>(OPEN_ROWS).all(firstRow)
  const mark = sqlite.prepare("UPDATE marks SET value = max(value, ?) WHERE name = 'settled_below'")
  const close = closer(parts, nowMs)
  const skipped: Array<{ row: number, error: Error }> = []
  if (attempt(parts, () => { close(left) })) {
    for (const exchange of left) {
      const error = attempt(parts, () => { close([exchange]) })
      if (error) skipped.push({ row: exchange.id, error })
    }
  }
  mark.run(skipped[0]?.row ?? firstRow)
  return { closed: left.length - skipped.length, skipped }
}

function closer ({ sqlite, dictionary, orphans, rollup, budgets }: RecoveryParts, nowMs: number) {
  const closeExchange = sqlite.prepare(CLOSE_EXCHANGE)
  const heldBy = createHeldReader(sqlite, budgets)
  const reason = `the broker stopped before this ended; closed at ${new Date(nowMs).toISOString()}`
  return (open: readonly OpenRow[]) => {
    const error = dictionary.name(ORPHANED)
    for (const exchange of open) {
      const held = heldBy(exchange)
      const used = orphans.close(exchange.id, reason)
      if (held) budgets.settle(held, used)
      closeExchange.run(STATUS_UNKNOWN, error, exchange.id)
      rollup.countRows(exchange.id, {
        createdAtMs: exchange.created_at_ms,
        ip: exchange.ip,
        key: exchange.key,
        requestedModel: exchange.requested_model
      }, true)
    }
    rollup.write()
  }
}

/** Runs `work` as one transaction. @returns why its rows cannot be written. @throws when the store cannot be. */
function attempt (
  { sqlite, dictionary, rollup, budgets }: RecoveryParts, work: () => void
): Error | undefined {
  try {
    sqlite.transaction(work).immediate()
    budgets.afterCommit()
    return undefined
  } catch (error) {
    dictionary.forget()
    budgets.afterRollback()
    rollup.clear()
    if (!(error instanceof Error) || storeFailureOf(error) !== undefined) throw error
    return error
  }
}
