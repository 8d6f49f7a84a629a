// Hours that lost rows to their age: their sums must be those of what was pruned and of what is left.

import type { Database } from 'better-sqlite3'
import type { Damage, Difference } from '../verify.ts'
import { adjustedBefore } from './adjust-verify.ts'
import { HOUR_MS } from './rollup.ts'
import type { Pruned } from './seals-verify.ts'

type Total = Pick<Pruned, 'exchanges' | 'errors' | 'costNanoUsd'>
type Columns = { readonly exchanges: bigint, readonly errors: bigint, readonly usd: bigint, readonly nanoUsd: bigint }

// Whole dollars and the rest, because the sum of many hours may not fit 64 bits.
const COST = (column: string) => `coalesce(sum(${column} / 1000000000), 0) AS usd, coalesce(sum(${column} % 1000000000), 0) AS nanoUsd`

const STORED = `
  SELECT coalesce(sum(requests), 0) AS exchanges, coalesce(sum(errors), 0) AS errors, ${COST('cost_nano_usd')}
  FROM usage_hourly WHERE hour < :hour`

const LEFT = `
  SELECT count(DISTINCT e.id) AS exchanges, count(DISTINCT iif(e.error IS NULL, NULL, e.id)) AS errors,
    ${COST('a.cost_nano_usd')}
  FROM exchanges e LEFT JOIN attempts a ON a.id BETWEEN e.id * 256 AND e.id * 256 + 255
  WHERE e.status IS NOT NULL AND e.created_at_ms < :hour * ${HOUR_MS}`

const DAMAGES: ReadonlyArray<readonly [part: keyof Total, more: Damage, less: Damage]> = [
  ['exchanges', 'settled_twice', 'not_counted'],
  ['errors', 'sums_differ', 'sums_differ'],
  ['costNanoUsd', 'cost_differs', 'cost_differs']
]

export function comparePruned (sqlite: Database, pruned: Pruned): Difference[] {
  const stored = totalOf(sqlite, STORED, pruned.hour)
  const booked = totalOf(sqlite, LEFT, pruned.hour)
  const left = { ...booked, costNanoUsd: booked.costNanoUsd + adjustedBefore(sqlite, pruned.hour) }
  const hour = new Date(pruned.hour * HOUR_MS).toISOString()
  return DAMAGES.flatMap(([part, more, less]): Difference[] => {
    const expected = BigInt(left[part]) + BigInt(pruned[part])
    const found = BigInt(stored[part])
    if (found === expected) return []
    const first = `before ${hour}: ${part} is ${found}, what was pruned and what is left say ${expected}`
    return [{ name: found > expected ? more : less, count: 1, first }]
  })
}

function totalOf (sqlite: Database, sql: string, hour: number): Total {
  const { exchanges, errors, usd, nanoUsd } = sqlite.prepare<[{ hour: number }], Columns>(sql).safeIntegers()
    .get({ hour }) as Columns
  return { exchanges: Number(exchanges), errors: Number(errors), costNanoUsd: usd * 1_000_000_000n + nanoUsd }
}
