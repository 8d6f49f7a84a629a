// What a client may know of its account: what was used by period, the budgets it counts in, one generation in full.

import type { Budget } from '../budgets/budget.ts'
import type { BudgetState } from '../budgets/sqlite-budgets.ts'
import type { Finish } from '../core/finish.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import type { Feedback } from './feedback.ts'
import type { ExchangeRecord } from './reports.ts'

/** Who a request counts for; a principal is one. */
export interface AccountHolder {
  readonly keyId: string | undefined
  readonly team?: string | undefined
  readonly project?: string | undefined
  readonly ip: string
}

/** Money that is known to be used, by OpenRouter's periods: days, weeks from Monday on and months of UTC. */
export interface PeriodUse {
  readonly ever: NanoUsd
  readonly today: NanoUsd
  readonly week: NanoUsd
  readonly month: NanoUsd
  /** Requests of all time whose cost is not known: they are in none of the sums. */
  readonly unpricedRequests: number
}

export interface BudgetStanding {
  readonly budget: Budget
  readonly state: BudgetState
}

/** What an attempt leaves in the ledger besides its record. */
export interface AttemptAnswer {
  /** The provider's own id of the answer; undefined: it gave none. */
  readonly upstreamId: string | undefined
  /** Why it ended; undefined: not told, or not kept. */
  readonly finish: Finish | undefined
  readonly usage: Usage
  /** The price it was booked at (catalog/price-document.ts); undefined: none, or not kept. */
  readonly priceDocument: string | undefined
}

export interface Generation {
  readonly record: ExchangeRecord
  /** One for each attempt of the record, in its order. */
  readonly answers: readonly AttemptAnswer[]
  readonly feedback?: Feedback | undefined
}

export interface Account {
  /** `keyId` undefined: everybody's. */
  use (keyId: string | undefined): PeriodUse
  /** Of every key that was ever used, by its id: as dear as one of them. */
  uses (): ReadonlyMap<string, PeriodUse>
  /** Budgets in force in which every request of the holder counts, whatever its model; the oldest first. */
  budgets (holder: AccountHolder): BudgetStanding[]
  /** Undefined: no such id. The whole id must match, so that rows cannot be counted up. */
  generation (id: string): Generation | undefined
}
