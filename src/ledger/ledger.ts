// The ledger: one row per exchange, one per attempt, and hourly sums that are always equal to them.
//
// DESIGN. What must hold, and how:
// - P1 Intent before dispatch: `open` and `retry` resolve only after their rows are committed. Callers send nothing
//   before. `kill -9` at any moment leaves at worst an open row, never an unrecorded call.
// - P2 One settlement: an exchange is open until exactly one `settle`; a second one is an error, not a silent change.
//   A settlement the store refuses (disk full, locked) is kept in memory and tried again until it is committed.
//   At start the adapter's `recover` closes what an earlier process left open: outcome and error `orphaned`, status 0,
//   cost = the attempt's ceiling (`bounded`) or not known (`unpriced`), unless the operator chose another policy. What
//   `progress` had noted stays visible.
// - P4 Sums never drift: money is whole nano-USD in 64-bit columns, and `usage_hourly` changes in the same
//   transaction as the row it counts. A request counts once, under the model and provider of its last attempt (the
//   model asked for and no provider when there was none); usage and money count where each attempt used them.
// - P3 A budget is never overshot: the intent's transaction reserves its upper bound in every budget it counts in, all
//   or nothing, by one guarded statement (sqlite/budget-windows.ts). Settling books what was used, and gives back.
//   A hard budget never lends more than it has; only a provider that charges more than the bound can pass it.
// Work of one event-loop turn shares one transaction (group commit): measured at 13 us of CPU per exchange with 8 of
// them in a turn, against 35 us alone. The promise returned by each call is settled by the commit that carried it.

import type { Budget } from '../budgets/budget.ts'
import type { Finish } from '../core/finish.ts'
import type { NanoUsd } from '../core/money.ts'
import type { CostGrade, Usage } from '../core/usage.ts'
import type { OutcomeKind } from '../core/outcome.ts'
import type { Task } from '../core/ask.ts'
import type { BudgetAnswer } from './budget-answer.ts'
import type { IdempotentRequest } from './idempotency.ts'

/** What is known of an exchange before anything is sent. */
export interface ExchangeIntent {
  readonly createdAtMs: number
  /** 12 random characters: the unguessable part of the generation id. */
  readonly tag: string
  readonly ip: string
  readonly keyId: string | undefined
  readonly task: Task
  readonly isStream: boolean
  readonly requestedModel: string
  /** Canonical JSON of the plan (routing/explain.ts); equal plans share one row. */
  readonly plan: string
  /** Under an Idempotency-Key: its row is written with that of the first attempt, or both are refused. */
  readonly idempotent?: IdempotentRequest | undefined
  /** Of the client's key: whose budgets it counts in, besides those of key, address, model and everybody. */
  readonly team?: string | undefined
  readonly project?: string | undefined
}

/** Whose budgets a request counts in, besides everybody's and its model's. */
export type Spender = Pick<ExchangeIntent, 'ip' | 'keyId' | 'team' | 'project'>

/** What is known of one call to one backend before it is made. */
export interface AttemptIntent {
  readonly startedAtMs: number
  readonly provider: string
  /** Public model name. */
  readonly model: string
  /** The provider's own id of the model. */
  readonly modelId: string
  /** `openai#0`: which credential of the pool; never any part of the secret. */
  readonly credentialId: string | undefined
  readonly priceVersion: string | undefined
  /** The price itself, whole (catalog/price-document.ts): kept once for each version. Absent: not kept. */
  readonly priceDocument?: string | undefined
  /** Upper bound of the cost with its markup; undefined: price not known. */
  readonly ceiling: NanoUsd | undefined
  /** Upper bound of input and output tokens together; undefined: not known. */
  readonly ceilingTokens?: number | undefined
  /** It may go out although a budget asks for a bound there is none of; what it uses is booked when it is known. */
  readonly isUnmetered?: boolean | undefined
}

/** What budgets need to know of an attempt. */
export type AttemptBounds =
  Pick<AttemptIntent, 'model' | 'priceVersion' | 'ceiling' | 'ceilingTokens' | 'isUnmetered'>

/** What is known of a stream while it runs. */
export interface AttemptProgress {
  /** Bytes that were written to the client; undefined: it is shown nothing before the end. */
  readonly deliveredBytes: number | undefined
  readonly upstreamId: string | undefined
  /** As the provider told it on the way; the whole comes at the end. */
  readonly usage: Usage
  /** What has been seen costs so much at the most, with its markup; undefined: price not known. */
  readonly seenCost: NanoUsd | undefined
}

/** What becomes of attempts whose end a killed process did not see: see sqlite/progress-orphans.ts. */
export type OrphanPolicy = 'hold' | 'estimate' | 'release'

/** How an attempt ended. */
export interface AttemptResult {
  readonly outcome: OutcomeKind
  /** The provider's HTTP status; undefined when none arrived. */
  readonly upstreamStatus: number | undefined
  /** One redacted sentence for failures; at most 500 characters. */
  readonly reason: string | undefined
  readonly durationMs: number
  /** Monotonic ms from dispatch to the first event; undefined when none came. */
  readonly firstEventMs: number | undefined
  /** The provider's own id of the answer, when it gave one. */
  readonly upstreamId: string | undefined
  /** Of a stream that did not come to its end: bytes of it that were written to the client. */
  readonly deliveredBytes?: number | undefined
  /** Why the answer ended; absent: it was not told. */
  readonly finish?: Finish | undefined
  readonly usage: Usage
  readonly cost: NanoUsd | undefined
  /** What the operator adds to the cost; undefined: nothing. */
  readonly markup?: NanoUsd | undefined
  /** Our own sum, where the provider told another cost. */
  readonly computed?: NanoUsd | undefined
  /** What the cost is the sum of (metering/line-items.ts); undefined: no sum of ours. */
  readonly lineItems?: string | undefined
  readonly grade: CostGrade
}

/** How an exchange ended; sums over its attempts are the ledger's business. */
export interface Settlement {
  /** The HTTP status the client got; 499 when it left first. */
  readonly status: number
  readonly durationMs: number
  /** Code of core/errors.ts for a failed exchange, `cut` streams included. */
  readonly error: string | undefined
  /** The last attempt's result; undefined when no attempt was made. One that is missing is booked at its ceiling. */
  readonly attempt: AttemptResult | undefined
}

/** An exchange that is recorded and not settled yet. */
export interface OpenExchange {
  readonly row: number
  readonly id: string
}

/** The largest bounds that budgets leave to an attempt; undefined: no budget of that unit is short. */
export interface Room {
  readonly usd: NanoUsd | undefined
  readonly tokens: number | undefined
}

/** The same attempt made to fit; undefined: no size of it that is of use does. Called within a transaction. */
export type Shrink = (room: Room) => AttemptIntent | undefined

/** Tokens of output with which an attempt fits a room; undefined: none that are of use. */
export type Fitting = (room: Room) => number | undefined

/** A budget's use reached a share of its limit; told once per window, after the commit. */
export interface BudgetCrossing {
  readonly budget: Budget
  readonly threshold: number
  readonly spent: bigint
  readonly reserved: bigint
  readonly limit: bigint
}

/** `kept`: the store refuses writes for now; the ledger tries again by itself, every second and when it is closed. */
export type Settled = 'committed' | 'kept'

export interface Ledger {
  /** Why nothing can be written now, for operators; undefined: the last write went through. Heals by itself. */
  readonly outage: string | undefined
  /**
   * Records an exchange and, unless nothing was eligible, its first attempt, and reserves its bounds. Resolves when
   * committed. Rejects with a GatewayError `budget_exceeded` or `budget_unpriced` when a budget has no room: then the
   * exchange is recorded as ended with status 402, and there is nothing to settle. `shrink` is asked first, when all
   * budgets that are short let requests be made smaller; what it gives is recorded instead.
   */
  open (intent: ExchangeIntent, attempt: AttemptIntent | undefined, shrink?: Shrink): Promise<OpenExchange>
  /**
   * Closes the running attempt and records the next one, in one transaction. Resolves when committed. Rejects as `open`
   * when a budget has no room for the next one: then nothing has changed, and the exchange is still to be settled.
   */
  retry (exchange: OpenExchange, ended: AttemptResult, next: AttemptIntent, shrink?: Shrink): Promise<void>
  /**
   * Notes what is known of the running attempt, with the next commit: a crash leaves it in the row. Promises nothing,
   * never throws, and does nothing for what has ended.
   */
  progress (exchange: OpenExchange, seen: AttemptProgress): void
  /** Ends the exchange. Resolves when committed or kept; rejects when it was settled already or cannot ever be. */
  settle (exchange: OpenExchange, settlement: Settlement): Promise<Settled>
  /** Whether an attempt at this model counts in a hard budget of money or tokens, and so has to be bounded. */
  isBounded (spender: Spender, model: string): boolean
  /** What every budget the attempt would count in would say to it now, by id. Nothing is reserved or written. */
  askBudgets (spender: Spender, attempt: AttemptBounds, fitting: Fitting): BudgetAnswer[]
  /** Resolves when everything handed in so far is committed, refused or kept. */
  flush (): Promise<void>
  /** Commits what is pending, tries what is kept once more, and closes the store. */
  close (): Promise<void>
}
