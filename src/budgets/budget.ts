// A budget: what a scope may use within a window, in money, tokens or requests.

/** Whose use counts. `global` has the value ''. */
export const SCOPE_KINDS = ['global', 'key', 'team', 'project', 'model', 'ip'] as const
export type ScopeKind = typeof SCOPE_KINDS[number]

export const BUDGET_UNITS = ['usd', 'tokens', 'requests'] as const
export type BudgetUnit = typeof BUDGET_UNITS[number]

export const CALENDAR_STEPS = ['hour', 'day', 'week', 'month', 'year'] as const
export type CalendarStep = typeof CALENDAR_STEPS[number]

export interface Scope {
  readonly kind: ScopeKind
  /** Key id, team, project, public model name or address; '' for `global`. */
  readonly value: string
}

/** When use stops counting. Weeks start on Monday; time zones are IANA names. */
export type BudgetWindow =
  | { readonly kind: 'calendar', readonly every: CalendarStep, readonly timeZone: string }
  | { readonly kind: 'rolling', readonly ms: number }
  | { readonly kind: 'total' }

/** What an operator decides; the rest of a budget is bookkeeping. */
export interface BudgetTerms {
  readonly name: string
  readonly scope: Scope
  readonly unit: BudgetUnit
  /** In nano-USD, tokens or requests. */
  readonly limit: bigint
  readonly window: BudgetWindow
  /** Shares of the limit, ascending; the operator hears once per window when `spent` reaches one. */
  readonly thresholds: readonly number[]
  /** Counts and tells, but refuses nothing. */
  readonly isSoft: boolean
  /** A request that does not fit may be made smaller instead of being refused. */
  readonly mayClamp: boolean
}

export interface Budget extends BudgetTerms {
  readonly id: number
  readonly createdAtMs: number
}

export const DEFAULT_THRESHOLDS: readonly number[] = [0.8, 1]

const MILLIONTHS = 1_000_000n

/** The least amount that reaches a share of the limit. */
export function thresholdOf (limit: bigint, share: number): bigint {
  return (limit * BigInt(Math.round(share * 1e6)) + MILLIONTHS - 1n) / MILLIONTHS
}
