// A ledger under test with everything that reads it.

import type { Test } from 'tap'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Reports, UsageQuery } from '../../src/ledger/reports.ts'
import type { VerifyReport } from '../../src/ledger/verify.ts'

export interface Books {
  readonly ledger: Ledger
  readonly reports: Reports
  verify (): VerifyReport | Promise<VerifyReport>
  /** Closes what an earlier process left open; returns how many. Called once after `reopen`. */
  recover (nowMs: number): number | Promise<number>
  /** The same store as a new process finds it: what is running now is lost. */
  reopen (): Promise<Books>
}

export type OpenBooks = (t: Test) => Books | Promise<Books>

/** Every exchange, by address. */
export const ALL: UsageQuery = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined }
