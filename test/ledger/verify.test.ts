// Verification finds every kind of damage that is planted, and nothing in sound books.

import t, { type Test } from 'tap'
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { DAMAGES, type Damage } from '../../src/ledger/verify.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

/** Three settled exchanges, the second with two attempts, in a file that was closed and opened again. */
async function soundBooks (t: Test): Promise<SqliteBooks> {
  const { ledger, path } = sqliteBooks(t, undefined, NOON_MS, { hasUpkeep: true })
  for (const hasRetry of [false, true, false]) {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    if (hasRetry) await ledger.retry(exchange, failed(), attemptIntent({ provider: 'groq' }))
    await ledger.settle(exchange, settlement({ attempt: answered({ usage: { input: 3, audio_ms: 5 } }) }))
  }
  await ledger.close()
  return sqliteBooks(t, path)
}

t.test('sound books have no difference', async (t) => {
  const { verify } = await soundBooks(t)
  t.match(verify(), { ok: true, exchanges: 3, attempts: 4, open: 0, costNanoUsd: 1_350_000n, differences: [] })
  t.match(verify().seals, { rows: 22, waiting: 0 })
})

t.test('empty books have no difference', async (t) => {
  t.same(sqliteBooks(t).verify(), {
    ok: true,
    exchanges: 0,
    attempts: 0,
    open: 0,
    costNanoUsd: 0n,
    pruned: 0,
    seals: { seals: 0, rows: 0, waiting: 0, head: undefined },
    differences: []
  })
})

const BUDGET = `
  INSERT INTO budgets (id, name, scope, scope_value, unit, amount, window, reach_ms, thresholds, is_soft, may_clamp,
    created_at_ms)
  VALUES (1, 'planted', 'global', '', 'usd', 100, '{"kind":"total"}', 0, '[]', 0, 0, 0); `

const PLANTED: ReadonlyArray<readonly [damage: Damage, sql: string, first: RegExp]> = [
  ['left_open', 'UPDATE exchanges SET status = NULL WHERE id = 3', /^exchange 3$/],
  ['attempt_without_exchange', 'DELETE FROM exchanges WHERE id = 2', /^attempt 513$/],
  ['attempt_left_open', 'UPDATE attempts SET outcome = NULL WHERE id = 257', /^attempt 257$/],
  ['attempt_missing', 'DELETE FROM attempts WHERE id = 513', /^exchange 2$/],
  ['unknown_reference', 'UPDATE exchanges SET ip = 9999 WHERE id = 1', /^exchange 1$/],
  ['unknown_reference', 'UPDATE exchanges SET plan = 9999 WHERE id = 2', /^exchange 2$/],
  ['unknown_reference', 'UPDATE attempts SET grade = 9999 WHERE id = 769', /^attempt 769$/],
  ['unknown_reference', 'UPDATE attempts SET backend = 9999 WHERE id = 769', /^attempt 769$/],
  ['grade_mismatch', 'UPDATE attempts SET cost_nano_usd = NULL WHERE id = 257', /^attempt 257$/],
  ['grade_mismatch', 'UPDATE attempts SET grade = NULL WHERE id = 257', /^attempt 257$/],
  ['negative_amount', 'UPDATE attempts SET input = -1 WHERE id = 514', /^attempt 514$/],
  ['settled_twice', "UPDATE usage_hourly SET requests = requests + 1 WHERE provider = (SELECT id FROM names WHERE text = 'openai')",
    /^2026-11-21T10:00:00.000Z 127.0.0.1 key_abcdefgh gpt-4o openai: requests is 3, the rows say 2$/],
  ['settled_twice', 'DELETE FROM exchanges WHERE id = 1', /requests is 2, the rows say 1$/],
  ['not_counted', 'UPDATE usage_hourly SET requests = requests - 1', /requests is 1, the rows say 2$/],
  ['not_counted', 'DELETE FROM usage_hourly', /requests is 0, the rows say 2$/],
  ['sums_differ', "UPDATE usage_hourly SET rare = json_set(rare, '$.audio_ms', 11)", /audio_ms is 11, the rows say 10$/],
  ['sums_differ', 'UPDATE attempts SET other_usage = NULL WHERE id = 257', /audio_ms is 10, the rows say 5$/],
  ['sums_differ', 'UPDATE usage_hourly SET errors = errors + 1', /errors is 1, the rows say 0$/],
  ['sums_differ', 'UPDATE usage_hourly SET first_after_ms = first_after_ms - 1', /first_request_at_ms is/],
  ['cost_differs', 'UPDATE usage_hourly SET cost_nano_usd = cost_nano_usd + 1', /cost_nano_usd is 900001, the rows say 900000$/],
  ['cost_differs', 'UPDATE attempts SET cost_nano_usd = 1 WHERE id = 257', /cost_nano_usd is 900000, the rows say 450001$/],
  ['unknown_reference', 'UPDATE exchanges SET budgets = 9999 WHERE id = 2', /^exchange 2$/],
  ['budget_differs', BUDGET + 'INSERT INTO budget_windows VALUES (1, 0, 5, 0, 0)',
    /^budget planted from 1970-01-01T00:00:00.000Z: spent is 5, the rows say 0$/],
  ['budget_differs', BUDGET + "INSERT INTO budget_sets VALUES (1, '[[1,0]]'); UPDATE exchanges SET budgets = 1",
    /^budget planted from 1970-01-01T00:00:00.000Z: spent is 0, the rows say 1350000$/],
  ['reservation_differs', BUDGET + 'INSERT INTO budget_windows VALUES (1, 0, 0, 7, 0)',
    /^budget planted from .*: reserved is 7, the rows say 0$/],
  ['span_differs', 'INSERT INTO usage_span_list (start, level, hours) SELECT min(hour) / 6 * 6, 1, 6 FROM usage_hourly',
    /^6 hours from 2026-11-21T06:00:00.000Z$/],
  ['sealed_row_changed', 'UPDATE attempts SET first_event_ms = 239 WHERE id = 514', /^attempt 2 of exchange 2$/],
  ['sealed_row_missing', 'DELETE FROM exchanges WHERE id = 3', /^exchange 3$/],
  ['row_slipped_in', "INSERT INTO names (id, text) VALUES (-1, 'nobody')", /^name -1$/],
  ['seal_broken', 'UPDATE seals SET sealed_at_ms = 0 WHERE id = 2', /^seal 2$/],
  ['seal_missing', 'DELETE FROM seals WHERE id = (SELECT max(id) FROM seals)', /^the last seal is \d+, the mark says \d+$/]
]

for (const [damage, sql, first] of PLANTED) {
  t.test(`${damage} is found: ${sql}`, async (t) => {
    const { database: { sqlite }, verify } = await soundBooks(t)
    sqlite.exec(sql)
    const { ok, differences } = verify()
    t.equal(ok, false)
    t.match(differences.find(({ name }) => name === damage), { name: damage, first })
  })
}

t.test('a damaged page is found', async (t) => {
  const books = await soundBooks(t)
  const { ledger, path } = books
  const page = Number(books.database.sqlite
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'usage_hourly'").pluck().get())
  await ledger.close()
  flip(path, (page - 1) * 4096)

  const reader = openDatabase(path, { access: 'reader', durability: 'process' })
  t.teardown(() => { reader.close() })
  const { ok, differences } = verifyLedger(reader.sqlite)
  t.equal(ok, false)
  t.equal(differences[0]?.name, 'damaged_file')
})

t.test('every damage there is a name for is planted above', async (t) => {
  t.same(new Set([...PLANTED.map(([damage]) => damage), 'damaged_file']), new Set(Object.keys(DAMAGES)))
})

t.test('a live database is verified read-only: running exchanges are no damage', async (t) => {
  const { ledger, reader } = sqliteBooks(t)
  const settled = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.settle(settled, settlement())
  const running = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.retry(running, failed(), attemptIntent())
  t.match(verifyLedger(reader().sqlite), { ok: true, exchanges: 2, open: 1, costNanoUsd: 450_000n, differences: [] })
})

/** Overwrites the kind of a page with nonsense. */
function flip (path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ 0xff]), 0, 1, at)
  closeSync(file)
  if (statSync(path).size <= at) throw new Error('the page is behind the end of the file')
}
