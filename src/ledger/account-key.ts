// A key and its credits in OpenRouter's shapes: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
//
// What must hold: `limit`, `limit_remaining` and `limit_reset` are of one budget, the one that refuses first: of the
// hard budgets in dollars that every request of this key counts in, the one with the least left. Running requests have
// reserved their part of it already. All its budgets are in `x_aibroker.budgets`, with exact amounts.

import type { BudgetWindow } from '../budgets/budget.ts'
import { exactAmount, scopeWords, windowWords } from '../budgets/words.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import type { BudgetStanding, PeriodUse } from './account.ts'
import { dollars } from './account-money.ts'

export interface AccountKey {
  /** Absent: a program of this machine, where no key is needed. */
  readonly record: { readonly name: string, readonly expiresAtMs: number | undefined } | undefined
  /** Requests per minute; undefined: no limit. */
  readonly rpm: number | undefined
  readonly isManagement: boolean
  readonly use: PeriodUse
  readonly budgets: readonly BudgetStanding[]
}

/** What a balance shows where no budget limits it: clients subtract two numbers, and there is none for "no limit". */
export const UNLIMITED_NANO_USD: NanoUsd = 1_000_000n * 1_000_000_000n

const RESETS: { readonly [step: string]: string } =
  { hour: 'hourly', day: 'daily', week: 'weekly', month: 'monthly', year: 'yearly' }
const NO_RPM = -1

/** `{"data":{"label","usage",…,"limit","limit_remaining","limit_reset",…}}`, each member: strict clients ask. */
export function keyJson ({ record, rpm, isManagement, use, budgets }: AccountKey) {
  const least = leastLeft(budgets)
  return {
    data: {
      label: record?.name ?? 'local',
      limit: least ? dollars(least.budget.limit) : null,
      limit_remaining: least ? dollars(least.state.left) : null,
      limit_reset: least ? resetOf(least.budget.window) : null,
      include_byok_in_limit: false,
      ...useMembers(use),
      is_free_tier: false,
      is_management_key: isManagement,
      is_provisioning_key: isManagement,
      creator_user_id: null,
      expires_at: timeOf(record?.expiresAtMs),
      rate_limit: { requests: rpm ?? NO_RPM, interval: '1m', note: 'Requests per minute of this key; -1: no limit.' },
      allowed_data_regions: [],
      free_model_daily_requests: { limit: 0, used: 0, remaining: 0 },
      organization_id: null,
      workspace_id: null,
      x_aibroker: {
        usage_usd: formatUsd(use.ever),
        unpriced_requests: use.unpricedRequests,
        budgets: budgets.map(budgetJson)
      }
    }
  }
}

/** What was used by period, as every shape of a key tells it. */
export function useMembers (use: PeriodUse) {
  return {
    usage: dollars(use.ever),
    usage_daily: dollars(use.today),
    usage_weekly: dollars(use.week),
    usage_monthly: dollars(use.month),
    // Every call is made with the operator's own credentials, and all of it counts above.
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0
  }
}

/** `{"data":{"total_credits","total_usage"}}`; their difference is what may be spent now. */
export function creditsJson ({ use, budgets }: Pick<AccountKey, 'use' | 'budgets'>) {
  const least = leastLeft(budgets)
  const left = least?.state.left ?? UNLIMITED_NANO_USD
  return {
    data: {
      total_credits: dollars(use.ever + left),
      total_usage: dollars(use.ever),
      x_aibroker: { unlimited: least === undefined, left_usd: least ? formatUsd(left) : null }
    }
  }
}

function leastLeft (budgets: readonly BudgetStanding[]): BudgetStanding | undefined {
  let least: BudgetStanding | undefined
  for (const one of budgets) {
    if (one.budget.unit !== 'usd' || one.budget.isSoft) continue
    if (!least || one.state.left < least.state.left) least = one
  }
  return least
}

/** Null: nothing of it comes back at one moment, as with totals and rolling windows. */
export function resetOf (window: BudgetWindow): string | null {
  return window.kind === 'calendar' ? RESETS[window.every] ?? null : null
}

function budgetJson ({ budget: { name, scope, unit, limit, window, isSoft }, state }: BudgetStanding) {
  return {
    name,
    scope: scopeWords(scope),
    unit,
    limit: exactAmount(unit, limit),
    spent: exactAmount(unit, state.spent),
    reserved: exactAmount(unit, state.reserved),
    left: exactAmount(unit, state.left),
    window: windowWords(window),
    resets_at: timeOf(state.resetsAtMs),
    soft: isSoft
  }
}

export function timeOf (ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
