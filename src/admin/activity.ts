// What was used on whole days of UTC, by model and provider, in OpenRouter's shape:
// https://openrouter.ai/docs/api/api-reference/analytics/get-user-activity
//
// What must hold: the rows of a day add up to its /billing/usage, because they are the same sums; so there are rows
// without a provider, too: requests that no backend was eligible for.

import { formatUsd } from '../core/money.ts'
import { dollars } from '../ledger/account-money.ts'
import type { Reports, UsageSums } from '../ledger/reports.ts'
import { refused, refuseOtherWorkspace, WORKSPACE_ID } from './key-wish.ts'

/** Days of UTC by their first moment, newest first. */
export interface ActivityQuery {
  readonly daysMs: readonly number[]
  readonly hasWorkspace: boolean
}

const DAY_MS = 86_400_000
/** How far back it goes: completed days. */
const MOST_DAYS = 30
const DATE = /^\d{4}-\d\d-\d\d$/

/** @throws GatewayError `invalid_body` with `param` */
export function readActivityQuery (query: { readonly [name: string]: unknown }, nowMs: number): ActivityQuery {
  const groupBy = query['group_by']
  if (groupBy !== undefined && groupBy !== 'workspace') throw refused('group_by', '"group_by" can only be "workspace".')
  if (query['user_id'] !== undefined) {
    throw refused('user_id', 'There are no members of an organization here; ask with "api_key_hash".')
  }
  refuseOtherWorkspace(query['workspace_id'])
  return { daysMs: readDays(query['date'], nowMs), hasWorkspace: groupBy === 'workspace' }
}

/** `{"data":[{"date","model",…}]}`; the dearest of a day first. `nameOf`: how a provider is called towards people. */
export function activityJson (
  { daysMs, hasWorkspace }: ActivityQuery, reports: Reports, keyId: string | undefined, nameOf: (id: string) => string
) {
  const workspace = hasWorkspace ? { workspace_id: WORKSPACE_ID } : {}
  return {
    data: daysMs.flatMap((startMs) => {
      const date = new Date(startMs).toISOString().slice(0, 10)
      const { rows } = reports.usage({ by: 'provider', sinceMs: startMs, untilMs: startMs + DAY_MS, ip: undefined, keyId })
      const parts = rows.flatMap(({ group, byModel }) => byModel.map((sums) => ({ provider: group, ...sums })))
      return parts.sort(dearestFirst).map(({ provider, model, ...sums }) => ({
        date,
        model,
        model_permaslug: model,
        endpoint_id: provider === '' ? '' : `${provider}:${model}`,
        provider_name: provider === '' ? '' : nameOf(provider),
        ...sumsJson(sums),
        ...workspace
      }))
    })
  }
}

function sumsJson (sums: UsageSums) {
  return {
    usage: dollars(sums.costNanoUsd),
    byok_usage_inference: 0,
    requests: sums.requests,
    prompt_tokens: sums.promptTokens,
    completion_tokens: sums.completionTokens,
    reasoning_tokens: sums.reasoningTokens,
    x_aibroker: { usage_usd: formatUsd(sums.costNanoUsd), unpriced_requests: sums.unpricedRequests }
  }
}

function dearestFirst (one: UsageSums, other: UsageSums): number {
  if (one.costNanoUsd !== other.costNanoUsd) return one.costNanoUsd < other.costNanoUsd ? 1 : -1
  return other.requests - one.requests
}

function readDays (text: unknown, nowMs: number): number[] {
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  const days = Array.from({ length: MOST_DAYS }, (_, at) => todayMs - (at + 1) * DAY_MS)
  if (text === undefined) return days
  const day = typeof text === 'string' && DATE.test(text) ? Date.parse(text) : NaN
  // `Date.parse` may take February 31 for March 3: the list has only days that are written as they were asked for.
  const asked = days.find((startMs) => startMs === day && new Date(startMs).toISOString().startsWith(text as string))
  if (asked !== undefined) return [asked]
  throw refused('date', `"date" must be one of the last ${MOST_DAYS} completed days of UTC, written like 2026-11-20; ` +
    'today is not complete. GET /v1/billing/usage?since=&until= knows all days.')
}
