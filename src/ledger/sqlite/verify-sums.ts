// The hourly sums, computed again from the rows and compared bucket by bucket.

import type { Database } from 'better-sqlite3'
import type { Damage, Difference } from '../verify.ts'
import { ADJUSTED_HOURS } from './adjust-verify.ts'
import { COUNTS_OF_ATTEMPT, SUM_COLUMNS } from './columns.ts'
import { HOUR_MS } from './rollup.ts'

/** Values of a bucket, in this order everywhere below. */
const MEASURES = [
  'requests', 'errors', 'unpriced', 'first_request_at_ms', 'last_request_at_ms', 'cost_nano_usd', ...SUM_COLUMNS
]
const FIRST_AT = MEASURES.indexOf('first_request_at_ms')
const LAST_AT = MEASURES.indexOf('last_request_at_ms')
const PLACE_LENGTH = 5

const STORED = `SELECT hour, ip, key, model, provider, ${MEASURES.join(', ')} FROM usage_hourly WHERE hour >= :from`

const REQUESTS = `
  SELECT e.created_at_ms / ${HOUR_MS}, e.ip, e.key, coalesce(b.model, e.requested_model), coalesce(b.provider, 0),
    count(*), count(e.error), sum(EXISTS (SELECT 1 FROM attempts x
      WHERE x.id BETWEEN e.id * 256 AND e.id * 256 + 255 AND x.cost_nano_usd IS NULL
        AND NOT EXISTS (SELECT 1 FROM adjustments d WHERE d.attempt = x.id))),
    min(e.created_at_ms), max(e.created_at_ms)
  FROM exchanges e
  LEFT JOIN attempts a ON a.id = (SELECT max(id) FROM attempts WHERE id BETWEEN e.id * 256 AND e.id * 256 + 255)
  LEFT JOIN backends b ON b.id = a.backend
  WHERE e.status IS NOT NULL AND e.created_at_ms >= :from * ${HOUR_MS}
  GROUP BY 1, 2, 3, 4, 5`

const ATTEMPTS = `
  SELECT e.created_at_ms / ${HOUR_MS}, e.ip, e.key, b.model, b.provider,
    0, 0, 0, min(e.created_at_ms), max(e.created_at_ms), coalesce(sum(a.cost_nano_usd), 0),
    ${COUNTS_OF_ATTEMPT.map((count) => `coalesce(sum(${count}), 0)`).join(', ')}
  FROM exchanges e
  JOIN attempts a ON a.id BETWEEN e.id * 256 AND e.id * 256 + 255
  JOIN backends b ON b.id = a.backend
  WHERE e.status IS NOT NULL AND e.created_at_ms >= :from * ${HOUR_MS}
  GROUP BY 1, 2, 3, 4, 5`

/** `from`: the first hour, since the epoch, that still has all of its rows. */
export function compareSums (sqlite: Database, from: number): Difference[] {
  const rows = (sql: string) =>
    sqlite.prepare<[{ from: number }], unknown[]>(sql).raw().safeIntegers().iterate({ from })
  const expected = new Map<string, bigint[]>()
  for (const row of rows(REQUESTS)) add(expected, row as bigint[])
  for (const row of rows(ATTEMPTS)) add(expected, row as bigint[])
  for (const row of rows(ADJUSTED_HOURS)) add(expected, row as bigint[])

  const differences = new Map<Damage, { count: number, first: string }>()
  const note = (place: string, stored: readonly bigint[], found: readonly bigint[]) => {
    for (const [at, measure] of MEASURES.entries()) {
      if (stored[at] === found[at]) continue
      const name = damageOf(measure, stored[at] ?? 0n, found[at] ?? 0n)
      const first = `${describe(sqlite, place)}: ${measure} is ${stored[at]}, the rows say ${found[at]}`
      const known = differences.get(name)
      if (known) known.count++
      else differences.set(name, { count: 1, first })
    }
  }

  for (const row of rows(STORED)) {
    const [place, stored] = split(row as bigint[])
    note(place, stored, expected.get(place) ?? nothing())
    expected.delete(place)
  }
  for (const [place, found] of expected) note(place, nothing(), found)
  return [...differences].map(([name, { count, first }]) => ({ name, count, first }))
}

function damageOf (measure: string, stored: bigint, found: bigint): Damage {
  if (measure === 'requests') return stored > found ? 'settled_twice' : 'not_counted'
  return measure === 'cost_nano_usd' ? 'cost_differs' : 'sums_differ'
}

function add (sums: Map<string, bigint[]>, row: bigint[]): void {
  const [place, values] = split(row)
  const known = sums.get(place)
  if (!known) {
    sums.set(place, [...values, ...nothing().slice(values.length)])
    return
  }
  for (const [at, value] of values.entries()) {
    const before = known[at] ?? 0n
    if (at === FIRST_AT) known[at] = value < before ? value : before
    else if (at === LAST_AT) known[at] = value > before ? value : before
    else known[at] = before + value
  }
}

function split (row: readonly bigint[]): [place: string, values: bigint[]] {
  return [row.slice(0, PLACE_LENGTH).join(' '), row.slice(PLACE_LENGTH)]
}

function nothing (): bigint[] {
  return MEASURES.map(() => 0n)
}

/** A bucket in words: hour, address, key, model and provider. */
function describe (sqlite: Database, place: string): string {
  const [hour, ...ids] = place.split(' ').map(Number)
  const name = sqlite.prepare<[number], string>('SELECT text FROM names WHERE id = ?').pluck()
  const names = ids.map((id) => name.get(id) || '-')
  return `${new Date((hour ?? 0) * HOUR_MS).toISOString()} ${names.join(' ')}`
}
