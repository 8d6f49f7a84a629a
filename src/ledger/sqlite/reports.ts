// The read side on SQLite: usage from hourly sums and the spans they were added up to, one exchange from its rows.

import type { Database } from 'better-sqlite3'
import { generationId, readGenerationId } from '../../core/ids.ts'
import type { Reports, UsageGroup, UsageQuery, UsageReport, UsageRow, UsageSums } from '../reports.ts'
import { createExchangeReader } from './exchange-reader.ts'
import { createCover, DAY_LEVEL, type Detail, type HourRange } from './reports-spans.ts'
import { HOUR_MEASURES, READ_OUT, SPAN_MEASURES } from './reports-sums.ts'
import { HOUR_MS } from './rollup.ts'

/** What a group is in a row of `usage_spans`; `hour` is the first of its hours. */
const GROUPS: { readonly [group in UsageGroup]: string } = {
  ip: 'ip', key: 'key', model: 'model', provider: 'provider', day: 'hour / 24'
}

interface Filter {
  /** JSON of what to read: see reports-spans.ts. */
  readonly spans: string
  readonly hours: string
  /** Ids of names; null: all of them. */
  readonly ip: number | null
  readonly key: number | null
}

type SumsRow = readonly [
  group: number, model: number, requests: number, errors: number, unpriced: number, prompt: number, completion: number,
  cached: number, reasoning: number, usd: number, nanoUsd: number, firstMs: number, lastMs: number
]

const FILTER = '(:ip IS NULL OR u.ip = :ip) AND (:key IS NULL OR u.key = :key)'

// CROSS JOIN keeps SQLite from reading a whole table and looking into the list for each of its rows.
const sqlOf = (group: UsageGroup) => `
  SELECT ${GROUPS[group]}, model, ${READ_OUT} FROM (
    SELECT start AS hour, ip, u.key, model, provider, ${SPAN_MEASURES}
    FROM json_each(:spans) j CROSS JOIN usage_spans u ON level = j.value ->> 0 AND start = j.value ->> 1 WHERE ${FILTER}
    UNION ALL
    SELECT hour, ip, u.key, model, provider, ${HOUR_MEASURES}
    FROM json_each(:hours) j CROSS JOIN usage_hourly u ON hour >= j.value ->> 0 AND hour < j.value ->> 1 WHERE ${FILTER}
  ) GROUP BY 1, 2`

/** Reports over an open database; works on the broker's own connection and on a read-only one of another process. */
export function createReports (sqlite: Database): Reports {
  const statements = new Map<UsageGroup, ReturnType<typeof prepare>>()
  const prepare = (group: UsageGroup) => sqlite.prepare<[Filter], SumsRow>(sqlOf(group)).raw()
  const exchangeOf = createExchangeReader(sqlite)
  const coverOf = createCover(sqlite)
  const names = createNames(sqlite)

  const read = (query: UsageQuery): SumsRow[] => {
    const [ip, key] = [names.idOf(query.ip), names.idOf(query.keyId)]
    if (ip === undefined || key === undefined) return []
    const cover = coverOf(rangeOf(query), query.by === 'day' ? DAY_LEVEL : Infinity)
    const detail = detailOf(query)
    const spans = JSON.stringify(cover.spans.map(([level, start]) => [level + detail, start]))
    const statement = statements.get(query.by) ?? prepare(query.by)
    statements.set(query.by, statement)
    return statement.all({ spans, hours: JSON.stringify(cover.hours), ip, key })
  }

  return {
    usage: (query) => reportOf(query, sqlite.transaction(read).deferred(query), names.textOf),
    exchange (id) {
      const place = readGenerationId(id)
      if (!place) return undefined
      const found = exchangeOf(place.row)
      // The whole id must match, tag and second: rows can be counted up, tags cannot be guessed.
      return found && generationId(place.row, found.tag, found.record.createdAtMs) === id ? found.record : undefined
    }
  }
}

function createNames (sqlite: Database) {
  const id = sqlite.prepare<[string], number>('SELECT id FROM names WHERE text = ?').pluck()
  const text = sqlite.prepare<[number], string>('SELECT text FROM names WHERE id = ?').pluck()
  return {
    /** Null: everything was asked for. Undefined: nothing has that name. */
    idOf: (name: string | undefined): number | null | undefined => name === undefined ? null : id.get(name),
    textOf: (id: number): string => text.get(id) ?? ''
  }
}

/** The coarsest spans that still tell apart what was asked for. */
function detailOf ({ by, ip, keyId }: UsageQuery): Detail {
  if (by === 'ip' || ip !== undefined) return 0
  return by === 'key' || keyId !== undefined ? 20 : 10
}

/** JSON knows no infinity. */
function rangeOf ({ sinceMs, untilMs }: UsageQuery): HourRange {
  const first = sinceMs === undefined ? Number.MIN_SAFE_INTEGER : Math.floor(sinceMs / HOUR_MS)
  const end = untilMs === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(untilMs / HOUR_MS)
  return [first, end]
}

function reportOf (query: UsageQuery, found: readonly SumsRow[], nameOf: (id: number) => string): UsageReport {
  const names = new Map<number, string>()
  const nameOnce = (id: number) => {
    const name = names.get(id) ?? nameOf(id)
    names.set(id, name)
    return name
  }
  const groupOf = query.by === 'day' ? dayText : nameOnce
  const groups = new Map<number, Array<{ model: string } & UsageSums>>()
  for (const row of found) {
    const sums = { model: nameOnce(row[1]), ...sumsOf(row) }
    const models = groups.get(row[0])
    if (models) models.push(sums)
    else groups.set(row[0], [sums])
  }
  const rows = [...groups].map(([group, byModel]): UsageRow =>
    ({ group: groupOf(group), ...totalOf(byModel), byModel: byModel.sort(dearestFirst) }))
  rows.sort(query.by === 'day' ? byName : dearestFirst)
  return { query, rows, totals: totalOf(rows) }
}

function dayText (day: number): string {
  return new Date(day * 24 * HOUR_MS).toISOString().slice(0, 10)
}

function sumsOf (row: SumsRow): UsageSums {
  const [, , requests, errors, unpriced, prompt, completion, cached, reasoning, usd, nanoUsd, firstMs, lastMs] = row
  return {
    requests,
    errors,
    promptTokens: prompt,
    completionTokens: completion,
    cachedTokens: cached,
    reasoningTokens: reasoning,
    costNanoUsd: BigInt(usd) * NANO + BigInt(nanoUsd),
    unpricedRequests: unpriced,
    firstRequestAtMs: firstMs,
    lastRequestAtMs: lastMs
  }
}

const NANO = 1_000_000_000n

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
