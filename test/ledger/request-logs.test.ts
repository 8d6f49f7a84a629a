// The flat view that `sqlite3 -csv` exports: the same ids, money and times as the reports.

import t from 'tap'
import { formatUsd } from '../../src/core/money.ts'
import { generationId } from '../../src/core/ids.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

const COLUMNS = [
  'time', 'id', 'ip', 'key', 'model', 'provider', 'prompt_tokens', 'completion_tokens', 'total_tokens', 'cost_usd',
  'cost_grade', 'duration_ms', 'status', 'error', 'attempts'
]

t.test('a request is one flat row with the columns of the export', async (t) => {
  const books = sqliteBooks(t)
  const exchange = await books.ledger.open(exchangeIntent({ createdAtMs: NOON_MS + 7 }), attemptIntent({ provider: 'groq' }))
  const spent = failed({ usage: { input: 5, audio_input: 2 }, cost: 1n, grade: 'counted' })
  await books.ledger.retry(exchange, spent, attemptIntent())
  await books.ledger.settle(exchange, settlement())

  const rows = logs(books)
  t.same(Object.keys(rows[0] ?? {}), COLUMNS)
  t.same(rows, [{
    time: '2026-11-21T10:00:00.007Z',
    id: exchange.id,
    ip: '127.0.0.1',
    key: 'key_abcdefgh',
    model: 'gpt-4o',
    provider: 'openai',
    prompt_tokens: 107,
    completion_tokens: 20,
    total_tokens: 127,
    cost_usd: '0.000450001',
    cost_grade: 'counted',
    duration_ms: 815,
    status: 200,
    error: null,
    attempts: 2
  }])
})

t.test('a running request is there, without what is not known yet', async (t) => {
  const books = sqliteBooks(t)
  const { id } = await books.ledger.open(exchangeIntent({ keyId: undefined }), attemptIntent())
  t.match(logs(books), [{
    id,
    key: '',
    provider: 'openai',
    prompt_tokens: null,
    total_tokens: null,
    cost_usd: null,
    cost_grade: null,
    status: null,
    duration_ms: null,
    attempts: 1
  }])
})

t.test('unknown usage and money are empty, known zeros are zeros', async (t) => {
  const books = sqliteBooks(t)
  const settle = async (attempt: Parameters<typeof answered>[0]) => {
    const exchange = await books.ledger.open(exchangeIntent(), attemptIntent())
    await books.ledger.settle(exchange, settlement({ attempt: answered(attempt) }))
  }
  await settle({ usage: {}, cost: undefined, grade: 'unpriced' })
  await settle({ usage: { input: 0, output: 0 }, cost: 0n, grade: 'free' })
  await settle({ usage: { image_output: 9 }, cost: 12n, grade: 'bounded' })
  const refused = await books.ledger.open(exchangeIntent({ requestedModel: 'none' }), undefined)
  await books.ledger.settle(refused, settlement({ status: 404, error: 'unknown_model', attempt: undefined }))

  t.match(logs(books), [
    { prompt_tokens: null, completion_tokens: null, total_tokens: null, cost_usd: null, cost_grade: 'unpriced' },
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: '0.000000000', cost_grade: 'free' },
    { prompt_tokens: null, completion_tokens: 9, total_tokens: 9, cost_usd: '0.000000012', cost_grade: 'bounded' },
    { model: 'none', provider: '', cost_usd: '0.000000000', cost_grade: null, error: 'unknown_model', attempts: 0 }
  ])
})

t.test('money of any size is exact decimal text', async (t) => {
  const books = sqliteBooks(t)
  const amounts = [1n, 999_999_999n, 1_000_000_000n, 1_000_000_001n, 9_007_199_254_740_993n, 10n ** 17n]
  for (const cost of amounts) {
    const exchange = await books.ledger.open(exchangeIntent(), attemptIntent())
    await books.ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
  }
  t.same(logs(books).map((row) => row['cost_usd']), amounts.map(formatUsd))
})

t.test('the id made in SQL is the public id, for every length of row number', async (t) => {
  const books = sqliteBooks(t)
  const { sqlite } = books.database
  const insert = sqlite.prepare(
    `INSERT INTO exchanges (id, created_at_ms, tag, ip, key, task, is_stream, requested_model, plan)
    VALUES (?, ?, 'abcdefGHIJ12', 0, 0, 0, 0, 0, 0)`)
  const lengths = Array.from({ length: 8 }, (_, digits) => 36 ** digits)
  const rows = new Set(lengths.flatMap((least) => [least, least * 36 - 1, least * 17 + 5]))
  for (const row of rows) insert.run(row, NOON_MS + 999)
  const expected = [...rows].sort((a, b) => a - b).map((row) => generationId(row, 'abcdefGHIJ12', NOON_MS + 999))
  t.same(sqlite.prepare('SELECT id FROM request_logs').pluck().all(), expected)
})

t.test('a model name of the client cannot run in a spreadsheet', async (t) => {
  const books = sqliteBooks(t)
  for (const requestedModel of ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx', '\rx', 'plain=1']) {
    const exchange = await books.ledger.open(exchangeIntent({ requestedModel }), undefined)
    await books.ledger.settle(exchange, settlement({ status: 404, error: 'unknown_model', attempt: undefined }))
  }
  t.same(logs(books).map((row) => row['model']),
    ["'=HYPERLINK(\"http://x\")", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", 'plain=1'])
})

function logs ({ database }: SqliteBooks): Array<Record<string, unknown>> {
  return database.sqlite.prepare<[], Record<string, unknown>>('SELECT * FROM request_logs').all()
}
