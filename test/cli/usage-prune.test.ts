// prune deletes rows beside a broker that is running; usage is what it was, and verify agrees.

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createSealer } from '../../src/ledger/sqlite/seals.ts'
import { answered, attemptIntent, exchangeIntent, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'
import { aibroker, emptyHome } from './command.ts'

const DAY_MS = 86_400_000

/** A hundred exchanges a hundred days ago and a hundred of today, sealed, and a ledger that stays open. */
async function openHome (t: Test) {
  const home = emptyHome(t)
  const books = sqliteBooks(t, join(home, 'aibroker.db'))
  for (const createdAtMs of [Date.now() - 100 * DAY_MS, Date.now()]) {
    for (let made = 0; made < 100; made++) {
      const attempt = attemptIntent({ startedAtMs: createdAtMs })
      const exchange = await books.ledger.open(exchangeIntent({ createdAtMs }), attempt)
      await books.ledger.settle(exchange, settlement({ attempt: answered() }))
    }
    const sealer = createSealer(books.database.sqlite)
    while (sealer.next(createdAtMs) > 0) { /* the next block */ }
  }
  return { home, books }
}

t.test('a dry run counts and changes nothing, a real one deletes what was counted', async (t) => {
  const { home } = await openHome(t)
  const asked = async (...flags: string[]) => JSON.parse((await aibroker(t, [...flags, '--json'], { home })).stdout)
  const before = await asked('usage')
  const dry = await asked('prune', '--older-than', '90d', '--dry-run')
  t.match(dry, { dry_run: true, exchanges: 100, attempts: 100, before: /T\d\d:00:00Z$/ })
  t.equal((await asked('verify')).exchanges, 200)
  t.match(await asked('prune', '--older-than', '90d'), { dry_run: false, exchanges: 100, attempts: 100 })
  t.match(await asked('verify'), { ok: true, exchanges: 100, pruned_exchanges: 100, differences: [] })
  t.same(await asked('usage'), before)
})

t.test('the ledger of the broker beside it goes on, and its rows are sealed behind those of prune', async (t) => {
  const { home, books } = await openHome(t)
  const pruned = aibroker(t, ['prune', '--older-than', '90d'], { home })
  const over = new AbortController()
  pruned.finally(() => { over.abort() })
  let made = 0
  for (; !over.signal.aborted; made++) {
    const exchange = await books.ledger.open(exchangeIntent({ createdAtMs: Date.now() }), attemptIntent())
    await books.ledger.settle(exchange, settlement())
  }
  const { code, stdout, stderr } = await pruned
  t.equal(code, 0, stderr)
  t.match(stdout, /^100 exchanges with 100 attempts from before \S+ were deleted; usage, budgets and totals are as before\n$/)
  const sealer = createSealer(books.database.sqlite)
  while (sealer.next(Date.now()) > 0) { /* the next block */ }
  t.match(books.verify(), { ok: true, exchanges: 100 + made, pruned: 100, seals: { waiting: 0 } })
})

t.test('rows that were changed are not deleted', async (t) => {
  const { home, books } = await openHome(t)
  books.database.sqlite.exec('UPDATE exchanges SET status = 201 WHERE id = 7')
  const { code, stderr } = await aibroker(t, ['prune', '--older-than', '90d'], { home })
  t.equal(code, 1)
  t.match(stderr, /the rows under seal \d+ are not what was sealed.*aibroker verify/)
})

t.test('an age must be given, and be one', async (t) => {
  const home = emptyHome(t)
  t.match(await aibroker(t, ['prune'], { home }), { code: 2, stderr: /--older-than/ })
  t.match(await aibroker(t, ['prune', '--older-than', 'yesterday'], { home }), { code: 2, stderr: /--older-than must be a length of time/ })
  t.match(await aibroker(t, ['prune', '--older-than', '90d', '--dry-run'], { home }), { code: 3, stderr: /no ledger/ })
})
