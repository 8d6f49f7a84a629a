// Rows as bytes: a number and a bigint of the same value are the same bytes, at every edge.

import Database from 'better-sqlite3'
import t from 'tap'
import { migrate } from '../../src/ledger/sqlite/migrations.ts'
import { BlockBytes, createRowReaders } from '../../src/ledger/sqlite/seals-rows.ts'

const EDGES = [
  0n, 1n, -1n, 255n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n,
  -(2n ** 31n), -(2n ** 32n), -(2n ** 32n) - 1n,
  2n ** 53n - 1n, -(2n ** 53n) + 1n
]
const BEYOND = [2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]

function hashOf (values: ReadonlyArray<number | bigint>): string {
  const bytes = new BlockBytes()
  for (const value of values) bytes.add('names', [1, value])
  return bytes.hash().toString('hex')
}

t.test('integers that fit a number have the bytes of the bigint', async (t) => {
  for (const edge of EDGES) t.equal(hashOf([Number(edge)]), hashOf([edge]), String(edge))
})

t.test('integers that do not fit a number are read exactly, and the rows beside them too', async (t) => {
  const sqlite = new Database(':memory:')
  t.teardown(() => { sqlite.close() })
  migrate(sqlite)
  const insert = sqlite.prepare(`INSERT INTO adjustments (attempt, at_ms, kind, cost_nano_usd, grade, source)
    VALUES (?, 0, 'reconciled', ?, 'reported', 'invoice')`)
  const costs = [...EDGES, ...BEYOND]
  for (const [at, cost] of costs.entries()) insert.run(at + 1, cost)
  const columns = sqlite.prepare<[], string>('SELECT name FROM pragma_table_info(\'adjustments\') ORDER BY cid').pluck().all()
  const read = createRowReaders(sqlite).adjustments(1, 100, -1).map((row) => row[columns.indexOf('cost_nano_usd')])
  t.same(read, costs)
})
