// Budgets when something else goes wrong: crashes, a store that is out, buggy code, other connections.

import t from 'tap'
import { budgetedBooks, refusalOf, terms } from './budget-books.ts'
import type { OpenExchange, Room } from '../../src/ledger/ledger.ts'
import { createPruner } from '../../src/ledger/sqlite/retention.ts'
import { createSealer } from '../../src/ledger/sqlite/seals.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { tickingClock } from './ticking-clock.ts'

t.test('after kill -9 a reservation is booked as its bound, and nothing stays reserved', async (t) => {
  const { ledger, set, path, budgets } = budgetedBooks(t)
  set({ name: 'usd' })
  set({ name: 'tokens', unit: 'tokens' })
  set({ name: 'calls', unit: 'requests' })
  set({ name: 'model', scope: { kind: 'model', value: 'one' } })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 100n, ceilingTokens: 10, model: 'one' }))
  const ended = failed({ cost: 3n, grade: 'counted', usage: { input: 4 } })
  await ledger.retry(exchange, ended, attemptIntent({ ceiling: 200n, ceilingTokens: 20, model: 'two' }))
  const unmetered = attemptIntent({ ceiling: undefined, isUnmetered: true, model: 'one' })
  await ledger.open(exchangeIntent(), unmetered)
  budgets.remove('tokens') // a closed budget is given back to, too
  await ledger.close()

  const after = budgetedBooks(t, path)
  t.same(after.windows().map(({ name, spent, reserved }) => [name, spent, reserved]), [
    ['usd', 203n, 0n], ['tokens', 24n, 0n], ['calls', 2n, 0n], ['model', 3n, 0n]
  ])
  t.match(after.verify(), { ok: true, open: 0 })
})

t.test('a settlement the store refuses keeps its reservation until it is booked', async (t) => {
  const clock = tickingClock(1_000)
  const { ledger, set, windows, hold, verify } = budgetedBooks(t, undefined, { clock })
  set({ limit: 10n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 10n }))
  const release = hold()
  t.equal(await ledger.settle(exchange, settlement({ attempt: answered({ cost: 4n }) })), 'kept')
  release()
  t.match(windows(), [{ spent: 0n, reserved: 10n }])
  t.match(verify(), { ok: true, open: 1 })
  await clock.tick()
  t.match(windows(), [{ spent: 4n, reserved: 0n }])
  t.match(verify(), { ok: true, open: 0 })
})

t.test('a batch that is done again piece by piece reserves once', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ limit: 100n })
  const outcomes = await Promise.allSettled([
    ledger.open(exchangeIntent(), attemptIntent({ ceiling: 40n })),
    ledger.open(exchangeIntent({ createdAtMs: 1.5 }), attemptIntent({ ceiling: 1n })),
    ledger.open(exchangeIntent(), attemptIntent({ ceiling: 60n })),
    ledger.open(exchangeIntent(), attemptIntent({ ceiling: 1n }))
  ])
  t.match(outcomes, [
    { status: 'fulfilled' }, { reason: { code: 'internal' } }, { status: 'fulfilled' }, { reason: { code: 'budget_exceeded' } }
  ])
  t.match(windows().map(({ reserved }) => reserved), [100n])
  t.match(verify(), { ok: true, open: 2 })
})

t.test('SQL refuses a reservation over the limit, whoever asks', async (t) => {
  const { ledger, set, database: { sqlite } } = budgetedBooks(t)
  set({ limit: 10n })
  await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 6n }))
  t.throws(() => sqlite.exec('UPDATE budget_windows SET reserved = reserved + 5'), /overshoots its budget/)
  t.throws(() => sqlite.exec('UPDATE budget_windows SET reserved = -1'), /CHECK/)
  t.throws(() => sqlite.exec('UPDATE budget_windows SET spent = -1'), /CHECK/)
  set({ name: 'other', limit: 10n })
  t.throws(() => sqlite.exec('INSERT INTO budget_windows VALUES (2, 0, 0, 11, 0)'), /overshoots its budget/)
  sqlite.exec('UPDATE budget_windows SET reserved = reserved + 4')
})

t.test('what another connection sets, changes and removes counts from the next request on', async (t) => {
  const { ledger, set, budgets, windows } = budgetedBooks(t)
  t.ok(await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5n })), 'none yet')
  set({ limit: 3n })
  await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5n })))
  set({ limit: 5n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5n }))
  t.match(windows(), [{ name: 'all', reserved: 5n }])
  set({ limit: 4n })
  t.match(await refusalOf(ledger.retry(exchange, failed(), attemptIntent({ ceiling: 5n }))), {
    extras: { metadata: { limit: '0.000000004', reserved: '0.000000000', needed: '0.000000005' } }
  }, 'also for what is running')
  budgets.remove('all')
  t.ok(await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5n })))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 2n }) }))
  t.match(windows(), [{ spent: 2n, reserved: 0n }])
})

t.test('a changed limit keeps its sums; another window begins at nothing', async (t) => {
  const { ledger, set, budgets } = budgetedBooks(t)
  const budget = set({ limit: 10n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 8n }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 8n }) }))
  t.match(budgets.set(terms({ limit: 20n })), { change: 'changed', budget: { id: budget.id, limit: 20n } })
  t.match(budgets.stateOf(budgets.list()[0] ?? budget), { spent: 8n, reserved: 0n, left: 12n })
  const daily = terms({ window: { kind: 'calendar', every: 'day', timeZone: 'UTC' } })
  const { change, budget: replaced } = budgets.set(daily)
  t.equal(change, 'replaced')
  t.match(budgets.stateOf(replaced), { spent: 0n, left: 10_000_000n, resetsAtMs: Date.UTC(2026, 10, 22) })
  t.equal(budgets.list().length, 1)
})

t.test('thresholds are told once per window, after the commit, and again for a new window or limit', async (t) => {
  const { ledger, set, crossings } = budgetedBooks(t)
  const window = { kind: 'calendar', every: 'day', timeZone: 'UTC' } as const
  const budget = set({ limit: 100n, thresholds: [0.5, 1], window })
  const use = async (cost: bigint, createdAtMs = NOON_MS) => {
    const exchange = await ledger.open(exchangeIntent({ createdAtMs }), attemptIntent({ ceiling: cost }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
  }
  await use(49n)
  t.same(crossings, [])
  await use(1n)
  t.same(crossings.splice(0), [{ budget, threshold: 0.5, spent: 50n, reserved: 0n, limit: 100n }])
  await use(20n)
  await use(30n)
  t.match(crossings.splice(0), [{ threshold: 1, spent: 100n }])
  await use(60n, NOON_MS + 86_400_000)
  t.match(crossings.splice(0), [{ threshold: 0.5, spent: 60n }])
  set({ limit: 101n, thresholds: [0.5, 1], window })
  await use(1n, NOON_MS + 86_400_000)
  t.match(crossings.splice(0), [{ threshold: 0.5, spent: 61n, limit: 101n }], 'the limit is another one')
  await use(40n, NOON_MS + 86_400_000)
  t.match(crossings, [{ threshold: 1, spent: 101n }])
})

t.test('what was told is known after a restart', async (t) => {
  const { ledger, set, crossings, path } = budgetedBooks(t)
  set({ limit: 100n, thresholds: [0.5] })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 60n }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 60n }) }))
  t.equal(crossings.length, 1)
  await ledger.close()
  const after = budgetedBooks(t, path)
  const more = await after.ledger.open(exchangeIntent(), attemptIntent({ ceiling: 10n }))
  await after.ledger.settle(more, settlement({ attempt: answered({ cost: 10n }) }))
  t.same(after.crossings, [])
})

t.test('pruned rows leave budgets as they are, and less than what is left is still found', async (t) => {
  const { ledger, set, windows, database: { sqlite }, verify } = budgetedBooks(t)
  set({ limit: 10_000n, window: { kind: 'calendar', every: 'day', timeZone: 'UTC' } })
  for (let at = 0; at < 1_200; at++) {
    const intent = exchangeIntent({ createdAtMs: NOON_MS + at * 600_000 })
    const exchange = await ledger.open(intent, attemptIntent({ ceiling: 9n }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost: 1n }) }))
  }
  const sealer = createSealer(sqlite)
  while (sealer.next(NOON_MS) > 0) { /* the next block */ }
  const before = windows()
  const pruner = createPruner(sqlite)
  while (pruner.next(NOON_MS + 5 * 86_400_000, NOON_MS).exchanges > 0) { /* the next ones */ }
  t.match(verify(), { ok: true, differences: [] })
  t.ok(verify().pruned > 100)
  t.same(windows(), before)
  sqlite.exec('UPDATE budget_windows SET spent = spent - 1 WHERE start_ms = (SELECT max(start_ms) FROM budget_windows)')
  t.match(verify().differences, [{ name: 'budget_differs', count: 1 }])
})

t.test('an attempt is made to fit at the moment it is reserved, when every budget that is short lets it be', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  const attempt = attemptIntent({ ceiling: 50n, ceilingTokens: 500 })
  let rooms: Room[] = []
  const shrink = (room: Room) => {
    rooms.push(room)
    return { ...attempt, ceiling: room.usd ?? 50n, ceilingTokens: room.tokens ?? 500 }
  }
  const open = () => ledger.open(exchangeIntent(), attempt, shrink)
  const first = await open()
  t.same(rooms, [], 'no budgets')
  await ledger.settle(first, settlement())
  set({ limit: 130n, mayClamp: true })
  const [, , third] = await Promise.all([open(), open(), open()])
  t.same(rooms, [{ usd: 30n, tokens: undefined }], 'what the two before it in the same transaction left')
  t.match(windows(), [{ spent: 0n, reserved: 130n }])
  await ledger.settle(third as OpenExchange, settlement({ attempt: answered({ cost: 0n }) }))

  set({ name: 'words', unit: 'tokens', limit: 300n, mayClamp: true })
  rooms = []
  const small = await open()
  t.same(rooms, [{ usd: 30n, tokens: 300 }])
  rooms = []
  const next = attemptIntent({ ceiling: 60n, ceilingTokens: 600 })
  await ledger.retry(small, failed({ cost: 1n, grade: 'counted', usage: { input: 4 } }), next, shrink)
  t.same(rooms, [{ usd: 29n, tokens: 296 }], 'what the attempt before it gave back is there')
  t.same(windows().map(({ spent, reserved }) => [spent, reserved]), [[1n, 129n], [4n, 296n]])

  set({ name: 'hard', limit: 49n })
  rooms = []
  t.equal((await refusalOf(open())).code, 'budget_exceeded')
  t.same(rooms, [], 'one that may not is short, too')
})

t.test('what does not fit in any useful size is refused as it was asked for', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  set({ limit: 20n, mayClamp: true })
  const error = await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 50n }), () => undefined))
  t.match(error.extras.metadata, { needed: '0.000000050' })
  const stubborn = attemptIntent({ ceiling: 21n })
  t.equal((await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 50n }), () => stubborn))).code, 'budget_exceeded')
  t.match(windows(), [{ spent: 0n, reserved: 0n }])
})
