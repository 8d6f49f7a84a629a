// Group commit: one transaction per turn, promises after the commit, and a bad row hurts only itself.

import t from 'tap'
import { exchangeIntent, attemptIntent, answered, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

const ALL = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined } as const

t.test('when open resolves, another connection sees the row', async (t) => {
  const books = sqliteBooks(t)
  const { sqlite } = books.reader()
  const isThere = sqlite.prepare('SELECT count(*) FROM exchanges JOIN attempts ON exchange = exchanges.id').pluck()

  const opening = books.ledger.open(exchangeIntent(), attemptIntent())
  t.equal(isThere.get(), 0, 'not before the commit')
  await opening
  t.equal(isThere.get(), 1)
})

t.test('the calls of one turn share one commit, those of the next have their own', async (t) => {
  const books = sqliteBooks(t)
  const { sqlite } = books.reader()
  // data_version changes once for every commit of another connection that is seen: https://www.sqlite.org/pragma.html
  const version = () => Number(sqlite.pragma('data_version', { simple: true }))
  const count = sqlite.prepare('SELECT count(*) FROM exchanges').pluck()

  let resolved = 0
  const seen: unknown[] = []
  const opening = Array.from({ length: 50 }, async () => {
    await books.ledger.open(exchangeIntent(), attemptIntent())
    resolved++
    seen.push(count.get())
  })
  const before = version()
  await new Promise((resolve) => { setImmediate(resolve) })
  t.not(version(), before)
  t.equal(count.get(), 50, 'all of them by the end of the turn')
  await Promise.all(opening)
  t.equal(resolved, 50)
  t.same(new Set(seen), new Set([50]), 'the first to resolve saw all: one commit carried them')

  await books.ledger.open(exchangeIntent(), attemptIntent())
  t.equal(count.get(), 51)
})

t.test('calls made later in the same turn still share its commit', async (t) => {
  const { ledger, reader } = sqliteBooks(t)
  const count = reader().sqlite.prepare('SELECT count(*) FROM exchanges').pluck()
  const first = ledger.open(exchangeIntent(), attemptIntent())
  for (let microtasks = 0; microtasks < 20; microtasks++) await undefined
  const second = new Promise((resolve) => { process.nextTick(resolve) })
    .then(() => ledger.open(exchangeIntent(), undefined))
  await first
  t.equal(count.get(), 2)
  await second
})

t.test('a turn with more work than one commit takes is committed whole, in order', async (t) => {
  const books = sqliteBooks(t)
  const opening = Array.from({ length: 2_500 }, () => books.ledger.open(exchangeIntent(), attemptIntent()))
  const opened = await Promise.all(opening)
  t.equal(new Set(opened.map(({ row }) => row)).size, 2_500)
  await Promise.all(opened.map((exchange) => books.ledger.settle(exchange, settlement())))
  t.match(books.verify(), { ok: true, exchanges: 2_500, open: 0 })
})

t.test('a row the schema refuses takes down itself and not its neighbours', async (t) => {
  const { ledger, reports, verify } = sqliteBooks(t)
  const poison = attemptIntent({ ceiling: 2n ** 70n })
  const outcomes = await Promise.allSettled([
    ledger.open(exchangeIntent({ ip: '10.0.0.1' }), attemptIntent({ provider: 'first-seen' })),
    ledger.open(exchangeIntent({ ip: '10.0.0.2' }), poison),
    ledger.open(exchangeIntent({ ip: '10.0.0.3' }), attemptIntent({ provider: 'first-seen' }))
  ])
  t.match(outcomes, [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'internal' } }, { status: 'fulfilled' }])
  const good = outcomes.flatMap((outcome) => outcome.status === 'fulfilled' ? [outcome.value] : [])

  const broken = settlement({ attempt: answered({ usage: { input: 1.5 } }) })
  const [first, last] = [good[0]!, good[1]!]
  const settled = await Promise.allSettled([ledger.settle(last, settlement()), ledger.settle(first, broken)])
  t.match(settled.map(({ status }) => status), ['fulfilled', 'rejected'])
  t.match(reports.usage(ALL).totals, { requests: 1, promptTokens: 100 })

  await ledger.settle(first, settlement())
  t.match(reports.usage(ALL).totals, { requests: 2, promptTokens: 200 })
  t.match(verify(), { ok: true, exchanges: 2, open: 0 })
})

t.test('a retry that shares its commit with such a row is done once', async (t) => {
  const { ledger, reports, verify } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const [retried, poisoned] = await Promise.allSettled([
    ledger.retry(exchange, failed(), attemptIntent()),
    ledger.open(exchangeIntent(), attemptIntent({ ceiling: -1n }))
  ])
  t.match([retried.status, poisoned.status], ['fulfilled', 'rejected'])
  await ledger.settle(exchange, settlement())
  t.match(reports.exchange(exchange.id)?.attempts, [{ outcome: 'failed' }, { outcome: 'answered' }])
  t.match(verify(), { ok: true, exchanges: 1, attempts: 2 })
})

t.test('amounts that would break the sums of their hour are refused', async (t) => {
  const { ledger, reports } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  const absurd = settlement({ attempt: answered({ cost: 2n ** 63n - 1n }) })
  await t.rejects(ledger.settle(exchange, absurd), { code: 'internal' })
  await t.rejects(ledger.settle(exchange, settlement({ attempt: answered({ cost: -1n }) })), { code: 'internal' })
  await ledger.settle(exchange, settlement())
  t.equal(reports.usage(ALL).totals.costNanoUsd, 450_000n)
})

t.test('a full disk refuses the batch whole, and the ledger goes on when there is space again', async (t) => {
  const { ledger, database: { sqlite }, reports, verify } = sqliteBooks(t)
  const kept = await ledger.open(exchangeIntent(), attemptIntent())
  const pages = Number(sqlite.pragma('page_count', { simple: true }))
  sqlite.pragma(`max_page_count = ${pages}`)

  const large = 'x'.repeat(20_000)
  const refused = await Promise.allSettled([
    ledger.open(exchangeIntent({ ip: '10.0.0.9', plan: large }), attemptIntent({ provider: 'seen-first-when-full' })),
    ledger.open(exchangeIntent({ plan: `${large}2` }), attemptIntent()),
    ledger.settle(kept, settlement())
  ])
  for (const outcome of refused.slice(0, 2)) {
    t.match(outcome, { status: 'rejected', reason: { code: 'ledger_unavailable', message: /the disk is full/ } })
  }
  t.match(refused[2], { status: 'fulfilled', value: 'kept' })
  t.equal(sqlite.inTransaction, false)
  t.equal(reports.exchange(kept.id)?.status, undefined, 'nothing is half applied')
  t.same(reports.usage(ALL).rows, [])

  sqlite.pragma('max_page_count = 1000000')
  const next = await ledger.open(exchangeIntent({ plan: large }), attemptIntent({ provider: 'seen-first-when-full' }))
  await ledger.settle(next, settlement())
  t.match(reports.exchange(next.id), { plan: large, attempts: [{ provider: 'seen-first-when-full' }] })
  t.match(verify(), { ok: true, exchanges: 2, open: 0 })
})

t.test('a retry that cannot be written leaves the attempt running', async (t) => {
  const { ledger, database: { sqlite }, reports, verify } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  sqlite.pragma('query_only = ON')
  await t.rejects(ledger.retry(exchange, answered({ outcome: 'failed' }), attemptIntent()), { code: 'ledger_unavailable' })
  sqlite.pragma('query_only = OFF')
  t.match(reports.exchange(exchange.id)?.attempts, [{ number: 1, outcome: undefined }])
  await ledger.settle(exchange, settlement())
  t.equal(reports.exchange(exchange.id)?.attempts.length, 1)
  t.match(verify(), { ok: true })
})

t.test('a settled-below mark follows the oldest open exchange', async (t) => {
  const { ledger, database: { sqlite } } = sqliteBooks(t)
  const mark = () => sqlite.prepare("SELECT value FROM marks WHERE name = 'settled_below'").pluck().get()
  const settleMany = async (count: number) => {
    const opened = await Promise.all(Array.from({ length: count }, () => ledger.open(exchangeIntent(), undefined)))
    await Promise.all(opened.map((exchange) => ledger.settle(exchange, settlement({ attempt: undefined }))))
  }
  await settleMany(3_000)
  const slow = await ledger.open(exchangeIntent({ createdAtMs: NOON_MS + 1 }), attemptIntent())
  await settleMany(3_000)
  t.equal(mark(), 1, 'within its lag')
  await settleMany(3_000)
  t.equal(mark(), 1, 'held by the open one')
  await ledger.settle(slow, settlement())
  await settleMany(1)
  t.ok(Number(mark()) > 9_000)
})
