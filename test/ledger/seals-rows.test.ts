// Rows as bytes: numbers and strings give the same bytes as the bigints and blobs they stand for.

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

function hashOf (values: ReadonlyArray<number | bigint | string | Buffer>): string {
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

t.test('a text has the bytes it has in the file', async (t) => {
  for (const text of ['', 'a', 'é', '\ufeff', 'a\u0000b', '😀', 'x'.repeat(70_000), '€'.repeat(30_000)]) {
    t.equal(hashOf([text, 'end']), hashOf([Buffer.from(text), Buffer.from('end')]), text.slice(0, 3))
  }
})

t.test('text that is not UTF-8 is read as it is', async (t) => {
  const sqlite = new Database(':memory:')
  t.teardown(() => { sqlite.close() })
  migrate(sqlite)
  const texts = [Buffer.from('plain'), Buffer.from([0x61, 0xff]), Buffer.from([0x61, 0xfe]), Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('\ufeffb'), Buffer.from('\ufffd')]
  const insert = sqlite.prepare('INSERT INTO names (id, text) VALUES (?, CAST(? AS TEXT))')
  for (const [at, text] of texts.entries()) insert.run(at + 1, text)
  const read = createRowReaders(sqlite).names
  for (const [at, text] of texts.entries()) {
    const [, value] = read(at + 1, at + 2, 1)[0] ?? []
    t.same(Buffer.from(value as string | Buffer), text, text.toString('hex'))
  }
})
