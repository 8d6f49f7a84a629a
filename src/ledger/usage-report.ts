// A usage report as people and programs read it: JSON and CSV, with money exact in both.

import { formatUsd } from '../core/money.ts'
import type { UsageGroup, UsageReport, UsageSums } from './reports.ts'
import { timeText } from './time-text.ts'

/**
 * `{"by","since"?,"until"?,"data":[{<by>, …sums, "by_model":[{"model", …sums}]}],"totals":{…sums}}`.
 * Money is `cost_usd` (decimal text, nine places) and `cost_nano_usd` (integer); times are RFC 3339 in UTC, `since` and
 * `until` as they were applied: whole hours. A member without a value is left out.
 *
 * Text is built here because `JSON.stringify` knows no integer beyond 2^53 and money may be one, and member by member
 * because a report may have thousands of groups: 1 us each.
 */
export function usageJson ({ query, rows, totals }: UsageReport): string {
  const data = rows.map(({ group, byModel, ...sums }) => {
    const models = byModel.map((one) => `{"model":${JSON.stringify(one.model)},${sumsText(one)}}`)
    return `{"${query.by}":${JSON.stringify(group)},${sumsText(sums)},"by_model":[${models.join(',')}]}`
  })
  const since = query.sinceMs === undefined ? '' : `"since":"${timeText(floorHour(query.sinceMs))}",`
  const until = query.untilMs === undefined ? '' : `"until":"${timeText(-floorHour(-query.untilMs))}",`
  return `{"by":"${query.by}",${since}${until}"data":[${data.join(',')}],"totals":{${sumsText(totals)}}}`
}

function sumsText (sums: UsageSums): string {
  const { firstRequestAtMs: firstMs, lastRequestAtMs: lastMs, costNanoUsd } = sums
  return `"requests":${sums.requests},"errors":${sums.errors},"prompt_tokens":${sums.promptTokens},` +
    `"completion_tokens":${sums.completionTokens},"total_tokens":${sums.promptTokens + sums.completionTokens},` +
    `"cached_tokens":${sums.cachedTokens},"reasoning_tokens":${sums.reasoningTokens},` +
    `"cost_usd":"${formatUsd(costNanoUsd)}","cost_nano_usd":${costNanoUsd},` +
    `"unpriced_requests":${sums.unpricedRequests}` +
    (firstMs === undefined ? '' : `,"first_request_at":"${timeText(firstMs)}"`) +
    (lastMs === undefined ? '' : `,"last_request_at":"${timeText(lastMs)}"`)
}

/** Sums of one group, or of one model within a group. */
export interface UsageLine extends UsageSums {
  /** By the names of `by`. */
  readonly names: readonly string[]
}

/** Groups, or groups and their models: then one of `by` is `model` and the other one what the report is by. */
export function usageLines ({ rows }: UsageReport, by: readonly UsageGroup[]): UsageLine[] {
  if (by.length === 1) return rows.map(({ group, byModel, ...sums }) => ({ names: [group], ...sums }))
  const lines = rows.flatMap(({ group, byModel }) => byModel.map(({ model, ...sums }): UsageLine =>
    ({ names: by[0] === 'model' ? [model, group] : [group, model], ...sums })))
  if (by[0] !== 'model') return lines
  const order = [...new Set(lines.map(({ names }) => names[0]))]
  return lines.sort((a, b) => order.indexOf(a.names[0]) - order.indexOf(b.names[0]))
}

/** A header and one line per group, RFC 4180. No line of totals: sums over a column would count everything twice. */
export function usageCsv (report: UsageReport, by: readonly UsageGroup[] = [report.query.by]): string {
  const lines = [[...by, ...COLUMNS].join(',')]
  for (const { names, ...sums } of usageLines(report, by)) {
    const values = sumsOf(sums)
    lines.push([...names.map(cell), ...COLUMNS.map((column) => cell(values[column]))].join(','))
  }
  return lines.join('\r\n') + '\r\n'
}

/** `{"by":[…],"data":[{<by>…, …sums}],"totals":{…sums}}`, sums as in `usageJson`. */
export function usageLinesJson (report: UsageReport, by: readonly UsageGroup[]): string {
  const data = usageLines(report, by).map(({ names, ...sums }) =>
    `{${by.map((group, at) => `"${group}":${JSON.stringify(names[at])}`).join(',')},${sumsText(sums)}}`)
  return `{"by":${JSON.stringify(by)},"data":[${data.join(',')}],"totals":{${sumsText(report.totals)}}}`
}

const COLUMNS = [
  'requests', 'errors', 'prompt_tokens', 'completion_tokens', 'total_tokens', 'cached_tokens', 'reasoning_tokens',
  'cost_usd', 'cost_nano_usd', 'unpriced_requests', 'first_request_at', 'last_request_at'
] as const

type Column = typeof COLUMNS[number]
type Sums = { readonly [column in Column]: string | number | bigint | undefined }

function sumsOf (sums: UsageSums): Sums {
  return {
    requests: sums.requests,
    errors: sums.errors,
    prompt_tokens: sums.promptTokens,
    completion_tokens: sums.completionTokens,
    total_tokens: sums.promptTokens + sums.completionTokens,
    cached_tokens: sums.cachedTokens,
    reasoning_tokens: sums.reasoningTokens,
    cost_usd: formatUsd(sums.costNanoUsd),
    cost_nano_usd: sums.costNanoUsd,
    unpriced_requests: sums.unpricedRequests,
    first_request_at: sums.firstRequestAtMs === undefined ? undefined : timeText(sums.firstRequestAtMs),
    last_request_at: sums.lastRequestAtMs === undefined ? undefined : timeText(sums.lastRequestAtMs)
  }
}

/** Spreadsheets run text that begins like a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

function cell (value: string | number | bigint | undefined): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return value.toString()
  const text = FORMULA.test(value) ? `'${value}` : value
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const HOUR_MS = 3_600_000

function floorHour (ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}
