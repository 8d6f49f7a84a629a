// The read side on SQLite: usage from the hourly sums, one exchange from its rows.

import type { Database } from 'better-sqlite3'
import { generationId, readGenerationId } from '../../core/ids.ts'
import { inputTokens, outputTokens } from '../../core/usage.ts'
import type { Reports, UsageGroup, UsageQuery, UsageReport, UsageRow, UsageSums } from '../reports.ts'
import { SUM_COLUMNS, usageOf } from './columns.ts'
import { createExchangeReader } from './exchange-reader.ts'
import { HOUR_MS } from './rollup.ts'

const GROUPS: { readonly [group in UsageGroup]: string } = {
  ip: '(SELECT text FROM names WHERE id = u.ip)',
  key: '(SELECT text FROM names WHERE id = u.key)',
  model: '(SELECT text FROM names WHERE id = u.model)',
  provider: '(SELECT text FROM names WHERE id = u.provider)',
  day: "date(u.hour * 3600, 'unixepoch')"
}

interface Filter { since: number, until: number, ip: string | null, key: string | null }

type SumsRow = [
  group: string, model: string, requests: bigint, errors: bigint, unpriced: bigint, usd: bigint, nanoUsd: bigint,
  first: bigint, last: bigint, ...counts: bigint[]
]

/** Money is summed as whole dollars and the rest: one hour fits 64 bits, many may not. */
const NANO = 1_000_000_000n

const sqlOf = (group: UsageGroup) => `
  SELECT ${GROUPS[group]}, ${GROUPS.model}, sum(requests), sum(errors), sum(unpriced),
    sum(cost_nano_usd / ${NANO}), sum(cost_nano_usd % ${NANO}),
    min(first_request_at_ms), max(last_request_at_ms), ${SUM_COLUMNS.map((column) => `sum(${column})`).join(', ')}
  FROM usage_hourly u
  WHERE hour >= :since AND hour < :until AND (:ip IS NULL OR ip = (SELECT id FROM names WHERE text = :ip))
    AND (:key IS NULL OR key = (SELECT id FROM names WHERE text = :key))
  GROUP BY 1, 2`

/** Reports over an open database; works on the broker's own connection and on a read-only one of another process. */
export function createReports (sqlite: Database): Reports {
  const statements = new Map<UsageGroup, ReturnType<typeof prepare>>()
  const prepare = (group: UsageGroup) => sqlite.prepare<[Filter], unknown[]>(sqlOf(group)).raw().safeIntegers()
  const exchangeOf = createExchangeReader(sqlite)

  const statementOf = (group: UsageGroup) => {
    const statement = statements.get(group) ?? prepare(group)
    statements.set(group, statement)
    return statement
  }

  return {
    usage (query) {
      return reportOf(query, statementOf(query.by).all(filterOf(query)) as SumsRow[])
    },
    exchange (id) {
      const place = readGenerationId(id)
      if (!place) return undefined
      const found = exchangeOf(place.row)
      // The whole id must match, tag and second: rows can be counted up, tags cannot be guessed.
      return found && generationId(place.row, found.tag, found.record.createdAtMs) === id ? found.record : undefined
    }
  }
}

function filterOf ({ sinceMs, untilMs, ip, keyId }: UsageQuery): Filter {
  return {
    since: sinceMs === undefined ? Number.MIN_SAFE_INTEGER : Math.floor(sinceMs / HOUR_MS),
    until: untilMs === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(untilMs / HOUR_MS),
    ip: ip ?? null,
    key: keyId ?? null
  }
}

function reportOf (query: UsageQuery, found: readonly SumsRow[]): UsageReport {
  const groups = new Map<string, Array<{ model: string } & UsageSums>>()
  for (const row of found) {
    const [group, model] = row
    const sums = { model, ...sumsOf(row) }
    const models = groups.get(group)
    if (models) models.push(sums)
    else groups.set(group, [sums])
  }
  const rows = [...groups].map(([group, byModel]): UsageRow =>
    ({ group, ...totalOf(byModel), byModel: byModel.sort(dearestFirst) }))
  rows.sort(query.by === 'day' ? byName : dearestFirst)
  return { query, rows, totals: totalOf(rows) }
}

function sumsOf ([, , requests, errors, unpriced, usd, nanoUsd, first, last, ...counts]: SumsRow): UsageSums {
  const usage = usageOf(counts.map(Number))
  return {
    requests: Number(requests),
    errors: Number(errors),
    promptTokens: inputTokens(usage) ?? 0,
    completionTokens: outputTokens(usage) ?? 0,
    cachedTokens: usage.cache_read ?? 0,
    reasoningTokens: usage.reasoning ?? 0,
    costNanoUsd: usd * NANO + nanoUsd,
    unpricedRequests: Number(unpriced),
    firstRequestAtMs: Number(first),
    lastRequestAtMs: Number(last)
  }
}

const ADDED = [
  'requests', 'errors', 'promptTokens', 'completionTokens', 'cachedTokens', 'reasoningTokens', 'unpricedRequests'
] as const

function totalOf (parts: readonly UsageSums[]): UsageSums {
  const total = { costNanoUsd: 0n, firstRequestAtMs: Infinity, lastRequestAtMs: -Infinity, ...zeros() }
  for (const part of parts) {
    for (const name of ADDED) total[name] += part[name]
    total.costNanoUsd += part.costNanoUsd
    total.firstRequestAtMs = Math.min(total.firstRequestAtMs, part.firstRequestAtMs ?? Infinity)
    total.lastRequestAtMs = Math.max(total.lastRequestAtMs, part.lastRequestAtMs ?? -Infinity)
  }
  if (parts.length > 0) return total
  return { ...total, firstRequestAtMs: undefined, lastRequestAtMs: undefined }
}

function zeros (): Record<typeof ADDED[number], number> {
  return {
    requests: 0,
    errors: 0,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    unpricedRequests: 0
  }
}

type Named = UsageSums & { readonly group?: string, readonly model?: string }

function dearestFirst (a: Named, b: Named): number {
  if (a.costNanoUsd !== b.costNanoUsd) return a.costNanoUsd < b.costNanoUsd ? 1 : -1
  return b.requests - a.requests || byName(a, b)
}

function byName (a: Named, b: Named): number {
  const [left, right] = [a.group ?? a.model ?? '', b.group ?? b.model ?? '']
  return left < right ? -1 : Number(left > right)
}
