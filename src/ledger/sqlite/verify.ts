// Verification on SQLite: one read transaction, so that a broker may go on writing meanwhile.

import Database from 'better-sqlite3'
import type { Damage, Difference, VerifyReport } from '../verify.ts'
import { adjustedTotal, strayAdjustments } from './adjust-verify.ts'
import { compareSpans } from './reports-verify.ts'
import { comparePruned } from './retention-verify.ts'
import { verifySeals } from './seals-verify.ts'
import { compareBudgets } from './verify-budgets.ts'
import { compareSums } from './verify-sums.ts'

/** Queries for the ids of bad rows; `what` names the row in the answer. */
interface Check {
  readonly name: Damage
  readonly what: string
  readonly sql: string
}

const COUNTS = ['input', 'cache_read', 'cache_write', 'output', 'reasoning', 'cost_nano_usd', 'ceiling_nano_usd']
const isMissing = (table: string, id: string) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table}.id = ${id})`

const CHECKS: readonly Check[] = [
  {
    name: 'left_open',
    what: 'exchange',
    sql: "SELECT id FROM exchanges WHERE status IS NULL AND id < (SELECT value FROM marks WHERE name = 'settled_below')"
  },
  {
    name: 'attempt_without_exchange',
    what: 'attempt',
    sql: `SELECT a.id FROM attempts a WHERE ${isMissing('exchanges', 'a.id >> 8')}`
  },
  {
    name: 'attempt_left_open',
    what: 'attempt',
    sql: `SELECT a.id FROM attempts a JOIN exchanges e ON e.id = a.id >> 8
      WHERE a.outcome IS NULL AND e.status IS NOT NULL`
  },
  {
    name: 'attempt_missing',
    what: 'exchange',
    sql: 'SELECT id >> 8 AS id FROM attempts GROUP BY id >> 8 HAVING min(id & 255) <> 1 OR max(id & 255) <> count(*)'
  },
  {
    name: 'unknown_reference',
    what: 'exchange',
    sql: `SELECT e.id FROM exchanges e WHERE ${isMissing('plans', 'e.plan')}
      OR ${['ip', 'key', 'task', 'requested_model'].map((column) => isMissing('names', `e.${column}`)).join(' OR ')}
      OR (e.error IS NOT NULL AND ${isMissing('names', 'e.error')})`
  },
  {
    name: 'unknown_reference',
    what: 'attempt',
    sql: `SELECT a.id FROM attempts a WHERE ${isMissing('backends', 'a.backend')}
      OR (a.outcome IS NOT NULL AND ${isMissing('names', 'a.outcome')})
      OR (a.grade IS NOT NULL AND ${isMissing('names', 'a.grade')})`
  },
  {
    name: 'grade_mismatch',
    what: 'attempt',
    sql: `SELECT id FROM attempts WHERE outcome IS NOT NULL AND
      (grade IS NULL OR (cost_nano_usd IS NULL) <> (grade IS (SELECT id FROM names WHERE text = 'unpriced')))`
  },
  {
    name: 'negative_amount',
    what: 'attempt',
    sql: `SELECT id FROM attempts WHERE ${COUNTS.map((column) => `${column} < 0`).join(' OR ')}`
  }
]

const NOTHING = {
  exchanges: 0,
  attempts: 0,
  open: 0,
  costNanoUsd: 0n,
  pruned: 0,
  seals: { seals: 0, rows: 0, waiting: 0, head: undefined }
}

/** Checks the ledger in an open database. Reads every row: some seconds per million exchanges. */
export function verifyLedger (sqlite: Database.Database): VerifyReport {
  try {
    return sqlite.transaction(() => check(sqlite)).deferred()
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !/CORRUPT|NOTADB/.test(error.code)) throw error
    const difference: Difference = { name: 'damaged_file', count: 1, first: error.message }
    return { ...NOTHING, ok: false, differences: [difference] }
  }
}

function check (sqlite: Database.Database): VerifyReport {
  const sealed = verifySeals(sqlite)
  const differences = [
    ...damageOf(sqlite),
    ...CHECKS.flatMap((check) => run(sqlite, check)),
    ...compareSums(sqlite, sealed.pruned?.hour ?? -Infinity),
    ...sealed.pruned ? comparePruned(sqlite, sealed.pruned) : [],
    ...compareSpans(sqlite),
    ...compareBudgets(sqlite),
    ...strayAdjustments(sqlite),
    ...sealed.differences
  ]
  return {
    ok: differences.length === 0,
    exchanges: Number(valueOf(sqlite, 'SELECT count(*) FROM exchanges')),
    attempts: Number(valueOf(sqlite, 'SELECT count(*) FROM attempts')),
    open: Number(valueOf(sqlite, 'SELECT count(*) FROM exchanges WHERE status IS NULL')),
    // Whole dollars and the rest, because the sum of many hours may not fit 64 bits.
    costNanoUsd: costSum(sqlite, '/ 1000000000') * 1_000_000_000n + costSum(sqlite, '% 1000000000') + adjustedTotal(sqlite),
    pruned: sealed.pruned?.exchanges ?? 0,
    seals: sealed.seals,
    differences
  }
}

/** https://www.sqlite.org/pragma.html#pragma_quick_check: one row saying "ok", or one per fault found. */
function damageOf (sqlite: Database.Database): Difference[] {
  const faults = sqlite.prepare<[], string>('PRAGMA quick_check').pluck().all()
  if (faults[0] === 'ok') return []
  return [{ name: 'damaged_file', count: faults.length, first: faults[0] ?? 'unknown' }]
}

function run (sqlite: Database.Database, { name, what, sql }: Check): Difference[] {
  const found = sqlite.prepare<[], { count: number, first: number }>(
    `SELECT count(*) AS count, min(id) AS first FROM (${sql})`).get()
  return found && found.count > 0 ? [{ name, count: found.count, first: `${what} ${found.first}` }] : []
}

function costSum (sqlite: Database.Database, part: '/ 1000000000' | '% 1000000000'): bigint {
  return valueOf(sqlite, `SELECT coalesce(sum(a.cost_nano_usd ${part}), 0)
    FROM attempts a JOIN exchanges e ON e.id = a.id >> 8 WHERE e.status IS NOT NULL`)
}

function valueOf (sqlite: Database.Database, sql: string): bigint {
  return sqlite.prepare<[], bigint>(sql).pluck().safeIntegers().get() ?? 0n
}
