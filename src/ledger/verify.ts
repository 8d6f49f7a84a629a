// Checking the books: everything that must be equal is computed again from the rows.

import type { NanoUsd } from '../core/money.ts'

/** What can be wrong, each with the promise it breaks. */
export const DAMAGES = {
  damaged_file: 'The database file itself is damaged.',
  left_open: 'An exchange is still open although everything as old as it was settled.',
  attempt_without_exchange: 'An attempt belongs to no exchange.',
  attempt_left_open: 'An exchange is settled and one of its attempts is not.',
  attempt_missing: 'The attempts of an exchange are not numbered from 1 without a gap.',
  unknown_reference: 'A row refers to a name, plan, backend, attempt or set of budgets that is not there.',
  grade_mismatch: 'A closed attempt has no grade, or a cost although it is unpriced, or no cost although it is priced.',
  negative_amount: 'A count, a cost or a ceiling is below zero.',
  settled_twice: 'The hourly sums count more requests than there are settled exchanges.',
  not_counted: 'The hourly sums count fewer requests than there are settled exchanges.',
  sums_differ: 'Errors, unpriced requests, usage or times of the hourly sums are not those of the rows.',
  cost_differs: 'Money in the hourly sums is not the money in the rows.',
  budget_differs: 'What a budget has spent in a window is not what its rows used.',
  reservation_differs: 'What a budget has reserved in a window is not what running exchanges may use.',
  span_differs: 'Hours were added up to something else than their sum.',
  sealed_row_changed: 'A row is not as it was when it was sealed.',
  sealed_row_missing: 'A row that was sealed is not there any more.',
  row_slipped_in: 'A row lies among sealed ones and was not there when they were sealed.',
  seal_broken: 'A seal does not fit the one before it and its rows.',
  seal_missing: 'Seals are missing, in between or at the end.'
} as const satisfies Record<string, string>

export type Damage = keyof typeof DAMAGES

export interface Difference {
  readonly name: Damage
  /** How many rows or sums. */
  readonly count: number
  /** The first of them: a row of a table, or the hour and names of a sum with both values. */
  readonly first: string
}

/** How far the seals reach. */
export interface SealCount {
  readonly seals: number
  /** Rows under seals, those of names, plans, prices and backends included; pruned ones are not. */
  readonly rows: number
  /** Settled exchanges that are not sealed yet. */
  readonly waiting: number
  /** The last chain in hex, 64 digits: noted elsewhere, it proves that nothing before it was changed. */
  readonly head: string | undefined
}

export interface VerifyReport {
  /** True exactly when there is no difference. */
  readonly ok: boolean
  readonly exchanges: number
  readonly attempts: number
  /** Exchanges running now, or left by a crash and settled at the next start. Not a difference. */
  readonly open: number
  /** Over all closed attempts of settled exchanges, with what was adjusted since. */
  readonly costNanoUsd: NanoUsd
  /** Exchanges deleted for their age; their sums are kept. */
  readonly pruned: number
  readonly seals: SealCount
  readonly differences: readonly Difference[]
}
