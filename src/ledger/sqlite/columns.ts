// Where each kind of usage is kept: the common ones in columns of their own, the rare ones in one JSON text.

import { USAGE_KINDS, type Usage, type UsageKind } from '../../core/usage.ts'

/** Kinds with a column in `attempts`, as rows.ts binds them. An empty column still costs a byte per row. */
const isOwn: ReadonlySet<string> =
  new Set<UsageKind>(['input', 'cache_read', 'cache_write', 'output', 'reasoning'])

/**
 * Columns of `usage_hourly` in the order of USAGE_KINDS; `requests` there already means something else. Those of the
 * rare kinds are worked out of one text.
 */
export const SUM_COLUMNS: readonly string[] = USAGE_KINDS.map((kind) => kind === 'requests' ? 'request_units' : kind)

/** Where the kinds with a column of their own are in USAGE_KINDS. */
export const OWN_KINDS: readonly number[] = USAGE_KINDS.flatMap((kind, at) => isOwn.has(kind) ? [at] : [])
export const RARE_KINDS: readonly number[] = USAGE_KINDS.flatMap((kind, at) => isOwn.has(kind) ? [] : [at])

/** SQL for the count of each kind in attempt `a`, NULL when not told; in the order of USAGE_KINDS. */
export const COUNTS_OF_ATTEMPT: readonly string[] =
  USAGE_KINDS.map((kind) => isOwn.has(kind) ? `a.${kind}` : `json_extract(a.other_usage, '$.${kind}')`)

/** JSON of the kinds without a column; null when there are none, which is nearly always. */
export function otherUsage (usage: Usage): string | null {
  let rest: { [kind: string]: number } | undefined
  for (const kind in usage) {
    if (isOwn.has(kind)) continue
    const count = usage[kind as UsageKind]
    if (count !== undefined) (rest ??= {})[kind] = count
  }
  return rest === undefined ? null : JSON.stringify(rest)
}

/** Usage from counts in the order of USAGE_KINDS; null means not told. */
export function usageOf (counts: ReadonlyArray<number | null>): Usage {
  const usage: { [kind in UsageKind]?: number } = {}
  for (const [at, kind] of USAGE_KINDS.entries()) {
    const count = counts[at]
    if (count !== null && count !== undefined) usage[kind] = count
  }
  return usage
}
