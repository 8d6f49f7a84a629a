// After a crash: every exchange an earlier process left open is closed, graded by what is known, and counted.

import type { Database } from 'better-sqlite3'
import type { Dictionary } from './dictionary.ts'
import type { Rollup } from './rollup.ts'
import { ORPHANED, type Rows } from './rows.ts'

/** The status of an exchange whose client got no answer we know of. */
export const STATUS_UNKNOWN = 0

interface OpenRow {
  readonly id: number
  readonly created_at_ms: number
  readonly ip: number
  readonly key: number
  readonly requested_model: number
}

export interface RecoveryParts {
  readonly sqlite: Database
  readonly dictionary: Dictionary
  readonly rows: Rows
  readonly rollup: Rollup
}

const OPEN_ROWS = `
  SELECT id, created_at_ms, ip, key, requested_model FROM exchanges
  WHERE id >= (SELECT value FROM marks WHERE name = 'settled_below') AND id < ? AND status IS NULL`

const CLOSE_EXCHANGE = 'UPDATE exchanges SET status = ?, error = ? WHERE id = ?'

/**
 * Closes the open exchanges with a row below `firstRow`, all in one transaction.
 * @returns how many there were.
 */
export function recoverRows (parts: RecoveryParts, firstRow: number, nowMs: number): number {
  const { sqlite, dictionary, rows, rollup } = parts
  const open = sqlite.prepare<[number], OpenRow>(OPEN_ROWS)
  const closeExchange = sqlite.prepare(CLOSE_EXCHANGE)
  const mark = sqlite.prepare("UPDATE marks SET value = max(value, ?) WHERE name = 'settled_below'")
  const reason = `the broker stopped before this ended; closed at ${new Date(nowMs).toISOString()}`

  const recover = sqlite.transaction((): number => {
    const left = open.all(firstRow)
    const error = dictionary.name(ORPHANED)
    for (const exchange of left) {
      rows.orphanAttempts(exchange.id, reason)
      closeExchange.run(STATUS_UNKNOWN, error, exchange.id)
      rollup.countRows(exchange.id, {
        createdAtMs: exchange.created_at_ms,
        ip: exchange.ip,
        key: exchange.key,
        requestedModel: exchange.requested_model
      }, true)
    }
    rollup.write()
    mark.run(firstRow)
    return left.length
  })

  try {
    const recovered = recover.immediate()
    dictionary.keep()
    return recovered
  } catch (error) {
    dictionary.forget()
    rollup.clear()
    throw error
  }
}
