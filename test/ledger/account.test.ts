// The account over a real ledger: periods of UTC, and what counts in none.

import t from 'tap'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createAccount } from '../../src/ledger/sqlite/account.ts'
import { terms } from './budget-books.ts'
import { answered, attemptIntent, exchangeIntent, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

/** A Wednesday: the week began on the 16th, the month on the 1st. */
const NOW_MS = Date.UTC(2026, 10, 18, 9, 30)
const USES: ReadonlyArray<readonly [time: string, nanoUsd: bigint]> = [
  ['2026-11-18T09:29:59.999Z', 1n],
  ['2026-11-18T00:00:00.000Z', 20n],
  ['2026-11-17T23:59:59.999Z', 300n],
  ['2026-11-16T00:00:00.000Z', 4_000n],
  ['2026-11-15T23:59:59.999Z', 50_000n],
  ['2026-11-01T00:00:00.000Z', 600_000n],
  ['2026-10-31T23:59:59.999Z', 7_000_000n],
  ['2025-11-18T09:00:00.000Z', 80_000_000n]
]

t.test('use adds up by day, week from Monday on, and month of UTC, to the millisecond at their edges', async (t) => {
  const { ledger, reports, database: { sqlite } } = sqliteBooks(t)
  const clock = { ...systemClock, nowMs: () => NOW_MS }
  const account = createAccount(sqlite, { reports, budgets: new SqliteBudgets(sqlite, clock), clock })
  for (const [time, cost] of USES) {
    const createdAtMs = Date.parse(time)
    const intent = exchangeIntent({ createdAtMs, keyId: 'key_mine0000' })
    const exchange = await ledger.open(intent, attemptIntent({ startedAtMs: createdAtMs }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
  }
  const stranger = await ledger.open(exchangeIntent({ createdAtMs: NOW_MS, keyId: 'key_other000' }), attemptIntent())
  await ledger.settle(stranger, settlement({ attempt: answered({ cost: undefined, grade: 'unpriced' }) }))
  t.same(account.use('key_mine0000'), {
    today: 21n, week: 4_321n, month: 654_321n, ever: 87_654_321n, unpricedRequests: 0
  })
  t.same(account.use('key_other000'), { today: 0n, week: 0n, month: 0n, ever: 0n, unpricedRequests: 1 })
  t.same(account.use('key_never000'), { today: 0n, week: 0n, month: 0n, ever: 0n, unpricedRequests: 0 })
  t.match(account.use(undefined), { ever: 87_654_321n, unpricedRequests: 1 })
})

t.test('budgets of a holder are found among thousands without reading those of others', (t) => {
  const { reports, database: { sqlite } } = sqliteBooks(t)
  const budgets = new SqliteBudgets(sqlite, systemClock)
  const account = createAccount(sqlite, { reports, budgets, clock: systemClock })
  budgets.list = () => { throw new Error('every budget was read') }
  const scopes = [
    ['key', 'key_mine0000'], ['key', 'key_other000'], ['team', 'search'], ['team', 'key_mine0000'], ['project', 'search'],
    ['model', 'm'], ['global', ''], ['ip', '127.0.0.1']
  ] as const
  for (const [kind, value] of scopes) budgets.set(terms({ name: `${kind} ${value}`, scope: { kind, value } }))
  budgets.remove('global ')
  const namesFor = (holder: Parameters<typeof account.budgets>[0]) =>
    account.budgets(holder).map(({ budget }) => budget.name)
  t.same(namesFor({ keyId: 'key_mine0000', team: 'search', ip: '127.0.0.1' }), [
    'key key_mine0000', 'team search', 'ip 127.0.0.1'
  ])
  t.same(namesFor({ keyId: undefined, ip: '10.0.0.1' }), [])
  t.end()
})
