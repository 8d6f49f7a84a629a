// A report from sheets: every place of them added to the line of its group and model.

import type { NanoUsd } from '../../core/money.ts'
import type { UsageGroup, UsageQuery, UsageReport, UsageRow, UsageSums } from '../reports.ts'
import { PLACE_WIDTH, SHEET_WIDTH, type Sheet } from './reports-sheets.ts'
import { MEASURES } from './reports-sums.ts'
import { HOUR_MS } from './rollup.ts'

/** Ids of names; null: all of them. */
export interface PlaceFilter {
  readonly ip: number | null
  readonly key: number | null
}

const [IP, KEY, MODEL, PROVIDER] = [0, 1, 2, 3]
/** Where a group is in a place; a day is that of the whole sheet. */
const GROUP_AT: { readonly [group in UsageGroup]: number | undefined } = {
  ip: IP, key: KEY, model: MODEL, provider: PROVIDER, day: undefined
}

/** Where each measure is in a line. */
const REQUESTS = MEASURES.indexOf('requests')
const ERRORS = MEASURES.indexOf('errors')
const UNPRICED = MEASURES.indexOf('unpriced')
const PROMPT = MEASURES.indexOf('prompt')
const COMPLETION = MEASURES.indexOf('completion')
const CACHED = MEASURES.indexOf('cached')
const REASONING = MEASURES.indexOf('reasoning')
const USD = MEASURES.indexOf('usd')
const NANO_USD = MEASURES.indexOf('nano_usd')
const FIRST_MS = MEASURES.indexOf('first_ms')
const LAST_MS = MEASURES.indexOf('last_ms')
/** Measures that are added up; those of time come behind them. */
const ADDED = FIRST_MS
const NANO = 1_000_000_000
/** Nano-USD that become dollars on the way, so that their sum is exact. */
const CARRY = 1_000_000 * NANO

/** Sums by group and in it by model, in the order of MEASURES. */
export type Lines = Map<number, Map<number, number[]>>

/** Sums over places; each is exact below 2^53, money in dollars and a rest. */
export function addUp (sheets: readonly Sheet[], by: UsageGroup, { ip, key }: PlaceFilter): Lines {
  const lines: Lines = new Map()
  const groupAt = GROUP_AT[by]
  for (const { firstHour, numbers } of sheets) {
    for (let at = 0; at < numbers.length; at += SHEET_WIDTH) {
      if (ip !== null && numbers[at + IP] !== ip) continue
      if (key !== null && numbers[at + KEY] !== key) continue
      const group = groupAt === undefined ? Math.floor(firstHour / 24) : numbers[at + groupAt] ?? 0
      addPlace(lineOf(lines, group, numbers[at + MODEL] ?? 0), numbers, at + PLACE_WIDTH)
    }
  }
  return lines
}

function lineOf (lines: Lines, group: number, model: number): number[] {
  let models = lines.get(group)
  if (!models) lines.set(group, models = new Map())
  let line = models.get(model)
  if (!line) models.set(model, line = [0, 0, 0, 0, 0, 0, 0, 0, 0, Infinity, -Infinity])
  return line
}

function addPlace (line: number[], numbers: Float64Array, from: number): void {
  for (let at = 0; at < ADDED; at++) line[at] = valueAt(line, at) + valueAt(numbers, from + at)
  if (valueAt(line, NANO_USD) >= CARRY) {
    line[NANO_USD] = valueAt(line, NANO_USD) - CARRY
    line[USD] = valueAt(line, USD) + CARRY / NANO
  }
  line[FIRST_MS] = Math.min(valueAt(line, FIRST_MS), valueAt(numbers, from + FIRST_MS))
  line[LAST_MS] = Math.max(valueAt(line, LAST_MS), valueAt(numbers, from + LAST_MS))
}

function valueAt (numbers: ArrayLike<number>, at: number): number {
  return numbers[at] ?? 0
}

/** `nameOf`: the text of a name's id. */
export function reportOf (query: UsageQuery, lines: Lines, nameOf: (id: number) => string): UsageReport {
  const names = new Map<number, string>()
  const nameOnce = (id: number) => {
    const name = names.get(id) ?? nameOf(id)
    names.set(id, name)
    return name
  }
  const groupOf = query.by === 'day' ? dayText : nameOnce
  const rows = [...lines].map(([group, models]): UsageRow => {
    const byModel = [...models].map(([model, line]) => ({ model: nameOnce(model), ...sumsOf(line) }))
    return { group: groupOf(group), ...totalOf(byModel), byModel: byModel.sort(dearestFirst) }
  })
  rows.sort(query.by === 'day' ? byName : dearestFirst)
  return { query, rows, totals: totalOf(rows) }
}

function dayText (day: number): string {
  return new Date(day * 24 * HOUR_MS).toISOString().slice(0, 10)
}

function sumsOf (line: readonly number[]): UsageSums {
  return {
    requests: valueAt(line, REQUESTS),
    errors: valueAt(line, ERRORS),
    promptTokens: valueAt(line, PROMPT),
    completionTokens: valueAt(line, COMPLETION),
    cachedTokens: valueAt(line, CACHED),
    reasoningTokens: valueAt(line, REASONING),
    costNanoUsd: moneyOf(valueAt(line, USD), valueAt(line, NANO_USD)),
    unpricedRequests: valueAt(line, UNPRICED),
    firstRequestAtMs: valueAt(line, FIRST_MS),
    lastRequestAtMs: valueAt(line, LAST_MS)
  }
}

/** Dollars whose nano-USD, with the rest, are below 2^53: one conversion instead of three. */
const EXACT_USD = 4_000_000

function moneyOf (usd: number, nanoUsd: number): NanoUsd {
  if (Math.abs(usd) < EXACT_USD) return BigInt(usd * NANO + nanoUsd)
  return BigInt(usd) * BigInt(NANO) + BigInt(nanoUsd)
}

function totalOf (parts: readonly UsageSums[]): UsageSums {
  const total = {
    requests: 0,
    errors: 0,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 0n,
    unpricedRequests: 0,
    firstRequestAtMs: Infinity,
    lastRequestAtMs: -Infinity
  }
  for (const part of parts) {
    total.requests += part.requests
    total.errors += part.errors
    total.promptTokens += part.promptTokens
    total.completionTokens += part.completionTokens
    total.cachedTokens += part.cachedTokens
    total.reasoningTokens += part.reasoningTokens
    total.unpricedRequests += part.unpricedRequests
    total.costNanoUsd += part.costNanoUsd
    total.firstRequestAtMs = Math.min(total.firstRequestAtMs, part.firstRequestAtMs ?? Infinity)
    total.lastRequestAtMs = Math.max(total.lastRequestAtMs, part.lastRequestAtMs ?? -Infinity)
  }
  if (parts.length > 0) return total
  return { ...total, firstRequestAtMs: undefined, lastRequestAtMs: undefined }
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
