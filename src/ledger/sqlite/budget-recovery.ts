// What an exchange of an earlier process holds of budgets, read from its rows.

import type { Database } from 'better-sqlite3'
import type { AttemptIntent } from '../ledger.ts'
import type { BudgetBooks } from './budget-books.ts'
import type { Held } from './budget-claims.ts'
import { attemptId, MOST_ATTEMPTS } from './rows.ts'

export interface HeldRow {
  readonly id: number
  /** `exchanges.budgets`. */
  readonly budgets: number | null
}

interface RunningRow {
  readonly model: string
  readonly ceiling: bigint | null
  readonly ceilingTokens: bigint | null
}

const RUNNING = `
  SELECT n.text AS model, a.ceiling_nano_usd AS ceiling, a.ceiling_tokens AS ceilingTokens
  FROM attempts a JOIN backends b ON b.id = a.backend JOIN names n ON n.id = b.model
  WHERE a.id BETWEEN ? AND ? AND a.outcome IS NULL`

/** To be asked before the running attempt is closed. Undefined: the exchange holds nothing. */
export function createHeldReader (
  sqlite: Database, budgets: Pick<BudgetBooks, 'heldBefore'>
): (exchange: HeldRow) => Held | undefined {
  const running = sqlite.prepare<[number, number], RunningRow>(RUNNING).safeIntegers()
  return (exchange) => {
    if (exchange.budgets === null) return undefined
    const row = running.get(attemptId(exchange.id, 0), attemptId(exchange.id, MOST_ATTEMPTS))
    return budgets.heldBefore(exchange.budgets, row && boundsOf(row))
  }
}

function boundsOf ({ model, ceiling, ceilingTokens }: RunningRow): Pick<AttemptIntent, 'model' | 'ceiling' | 'ceilingTokens'> {
  return {
    model,
    ceiling: ceiling ?? undefined,
    ceilingTokens: ceilingTokens === null ? undefined : Number(ceilingTokens)
  }
}
