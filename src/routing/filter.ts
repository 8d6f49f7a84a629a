// A hard constraint: a reason code, and whom it excludes.

import type { PoolState } from '../providers/credentials.ts'
import type { ExclusionCode, PlanRequest } from './plan.ts'
import type { Row } from './roster.ts'

export interface Filter {
  readonly code: ExclusionCode
  /** Detail of the exclusion; undefined: the backend may stay. */
  readonly excludes: (row: Row, request: PlanRequest, stateOf: StateOf) => string | Passing | undefined
}

/** Detail of an exclusion that ends by itself. */
export interface Passing {
  readonly detail: string
  readonly waitMs: number
}

/** State of a provider's credentials, asked for once per plan and provider. */
export type StateOf = (provider: string) => PoolState
