// Usage x price = cost, line by line; the sum of the lines is the cost.

import type { Price } from '../catalog/catalog.ts'
import type { NanoUsd } from '../core/money.ts'
import type { CostGrade, Usage, UsageKind } from '../core/usage.ts'

export interface CostLine {
  readonly kind: UsageKind
  readonly count: number
  readonly cost: NanoUsd
}

export interface Cost {
  /** Undefined exactly when the grade is `unpriced`. */
  readonly amount: NanoUsd | undefined
  readonly grade: CostGrade
  readonly lines: readonly CostLine[]
}

/** What is known at the end of an attempt. */
export interface Measured {
  readonly usage: Usage
  /** Money the provider itself reported (OpenRouter `usage.cost`); wins over the computed amount. */
  readonly reportedCost: NanoUsd | undefined
  /** Whether the provider told usage at all. */
  readonly isTold: boolean
}

export type CostOf = (measured: Measured, price: Price | undefined, ceiling: NanoUsd | undefined) => Cost
