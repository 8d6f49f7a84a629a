// Corrections of what was booked: entries of their own, since no row of an attempt is ever changed.

import type { NanoUsd } from '../core/money.ts'
import type { CostGrade, Usage } from '../core/usage.ts'

/** `repriced`: a price became known later. `reconciled`: the provider told later what it charged. */
export type AdjustmentKind = 'repriced' | 'reconciled'

/** A settled attempt whose price was not known. */
export interface UnpricedAttempt {
  /** `exchange * 256 + number`. */
  readonly id: number
  readonly task: string
  readonly provider: string
  /** Public name. */
  readonly model: string
  readonly modelId: string
  readonly usage: Usage
  /** Wall clock, ms: the moment that its price is that of. */
  readonly startedAtMs: number
}

/** What an attempt without a price turned out to cost. */
export interface Repricing {
  readonly attempt: number
  readonly cost: NanoUsd
  readonly grade: CostGrade
  readonly priceVersion: string
  /** The price itself, whole; undefined: not kept. */
  readonly priceDocument: string | undefined
  readonly lineItems: string | undefined
}

/** One correction as recorded. */
export interface AdjustmentRecord {
  readonly kind: AdjustmentKind
  readonly atMs: number
  /** On top of what was booked before; may be negative. */
  readonly differenceNanoUsd: NanoUsd
  /** What the cost is known by since. */
  readonly grade: string
  /** Who corrected, and by which list: `aibroker reprice, catalog 0123456789abcdef`. */
  readonly source: string
}

/** A settled attempt whose cost is a bound, an estimate or not known, and whose provider can be asked about it. */
export interface DoubtfulAttempt {
  readonly id: number
  /** The provider's own id of the answer. */
  readonly upstreamId: string
  /** `openrouter#0`: whose account was asked; '': none. */
  readonly credentialId: string
}

/** What a provider says it charged for an attempt. */
export interface Told {
  readonly attempt: number
  readonly cost: NanoUsd
}
