// The read side of the ledger: usage by address, key, model, provider and day, and one exchange in full.

import type { NanoUsd } from '../core/money.ts'
import type { AdjustmentRecord } from './adjustment.ts'

export const USAGE_GROUPS = ['ip', 'key', 'model', 'provider', 'day'] as const
export type UsageGroup = typeof USAGE_GROUPS[number]

export interface UsageQuery {
  readonly by: UsageGroup
  /** Inclusive, rounded down to the hour; undefined: from the beginning. */
  readonly sinceMs: number | undefined
  /** Exclusive, rounded up to the hour; undefined: until now. */
  readonly untilMs: number | undefined
  /** Only this address. */
  readonly ip: string | undefined
  /** Only what this client key asked for; absent: everybody's. */
  readonly keyId?: string | undefined
}

/** Sums over exchanges; tokens are those told, money is what is known. */
export interface UsageSums {
  readonly requests: number
  readonly errors: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
  readonly reasoningTokens: number
  readonly costNanoUsd: NanoUsd
  readonly unpricedRequests: number
  readonly firstRequestAtMs: number | undefined
  readonly lastRequestAtMs: number | undefined
}

export interface UsageRow extends UsageSums {
  /** The address, key id, model name, provider id or `YYYY-MM-DD`, by the query's group. */
  readonly group: string
  readonly byModel: ReadonlyArray<{ readonly model: string } & UsageSums>
}

export interface UsageReport {
  readonly query: UsageQuery
  readonly rows: readonly UsageRow[]
  readonly totals: UsageSums
}

/** One attempt as recorded. */
export interface AttemptRecord {
  readonly number: number
  readonly provider: string
  readonly model: string
  readonly modelId: string
  readonly credentialId: string | undefined
  readonly startedAtMs: number
  /** Undefined: still running, or left open by a crash and not recovered yet. `orphaned`: closed by recovery. */
  readonly outcome: string | undefined
  readonly upstreamStatus: number | undefined
  readonly reason: string | undefined
  readonly durationMs: number | undefined
  readonly firstEventMs: number | undefined
  /** Of a stream that did not come to its end: bytes of it that were written to the client. */
  readonly deliveredBytes: number | undefined
  /** With its adjustments, as are the lines, the grade and the price. */
  readonly costNanoUsd: NanoUsd | undefined
  /** What the cost is the sum of (metering/line-items.ts); absent: no sum of ours. */
  readonly lineItems?: string | undefined
  /** Our own sum, where the provider told another cost; of an end nobody saw: what was seen costs at the most. */
  readonly computedNanoUsd?: NanoUsd | undefined
  /** What the operator adds to the cost; absent: nothing. */
  readonly markupNanoUsd?: NanoUsd | undefined
  readonly grade: string | undefined
  readonly priceVersion: string | undefined
  /** Oldest first; absent: what was booked still holds. */
  readonly adjustments?: readonly AdjustmentRecord[]
}

/** One exchange as recorded, for `explain`. */
export interface ExchangeRecord {
  readonly id: string
  readonly createdAtMs: number
  readonly ip: string
  readonly keyId: string | undefined
  readonly task: string
  readonly isStream: boolean
  readonly requestedModel: string
  /** Undefined: still running. 0: the broker stopped before the end, and `error` is `orphaned`. */
  readonly status: number | undefined
  readonly error: string | undefined
  readonly durationMs: number | undefined
  /** Canonical JSON of the plan, as stored by routing/explain.ts. */
  readonly plan: string
  readonly attempts: readonly AttemptRecord[]
}

export interface Reports {
  usage (query: UsageQuery): UsageReport
  exchange (id: string): ExchangeRecord | undefined
}
