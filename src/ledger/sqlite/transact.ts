// Changes beside the ledger's own writes, on its connection: client keys and budgets, as one transaction each.

import type { Database } from 'better-sqlite3'
import { storeFailureOf, unavailable } from './group-commit.ts'

/**
 * Runs changes whole or not at all. They must not be run inside a transaction of the ledger, and cannot: those end in
 * the turn they began in.
 * @throws GatewayError `ledger_unavailable` when the store refuses, or what the change throws.
 */
export function createTransact (sqlite: Database): <Result>(change: () => Result) => Result {
  return (change) => {
    try {
      return sqlite.transaction(change).immediate()
    } catch (error) {
      const reason = error instanceof Error ? storeFailureOf(error) : undefined
      throw reason === undefined ? error : unavailable(reason, error as Error)
    }
  }
}
