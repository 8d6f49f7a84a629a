// The store of kept answers by itself: what is deleted when, and what a failed transaction leaves.

import t from 'tap'
import { randomBytes } from 'node:crypto'
import type { IdempotentRequest } from '../../src/ledger/idempotency.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { attemptIntent, exchangeIntent, NOON_MS } from '../ledger/samples.ts'
import { databasePath, sqliteBooks, type SqliteBooks } from '../ledger/sqlite-books.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function request (): IdempotentRequest {
  return { key: randomBytes(32), request: randomBytes(32) }
}

async function answer ({ ledger }: SqliteBooks, idempotent = request(), bytes = 100): Promise<IdempotentRequest> {
  await ledger.open(exchangeIntent({ idempotent }), attemptIntent())
  const body = Buffer.alloc(bytes)
  await ledger.answers.keep(idempotent.key, { ending: 'whole', status: 200, headers: ['a', 'b'], body })
  return idempotent
}

function rows ({ database }: SqliteBooks): number {
  return Number(database.sqlite.prepare('SELECT count(*) FROM idempotent_answers').pluck().get())
}

/** Lets everything that was handed to the ledger be committed, and what follows from it. */
async function calm (turns = 50): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => { setImmediate(resolve) })
}

t.test('the row of a key is there as soon as the exchange is, and says that nothing is known', async (t) => {
  const books = sqliteBooks(t, databasePath(t), NOON_MS, { clock: manualClock(NOON_MS) })
  const idempotent = request()
  const { id } = await books.ledger.open(exchangeIntent({ idempotent }), attemptIntent())
  t.same(books.ledger.answers.find(idempotent.key), { request: idempotent.request, exchange: id, answer: undefined })
  await books.ledger.answers.free(idempotent.key)
  t.equal(books.ledger.answers.find(idempotent.key), undefined)
})

t.test('an exchange without an attempt takes no key', async (t) => {
  const books = sqliteBooks(t, databasePath(t), NOON_MS, { clock: manualClock(NOON_MS) })
  const idempotent = request()
  await books.ledger.open(exchangeIntent({ idempotent }), undefined)
  t.equal(books.ledger.answers.find(idempotent.key), undefined)
})

t.test('a second exchange under a key is refused by the database itself, and nothing of it is written', async (t) => {
  const books = sqliteBooks(t, databasePath(t), NOON_MS, { clock: manualClock(NOON_MS) })
  const idempotent = request()
  const open = () => books.ledger.open(exchangeIntent({ idempotent }), attemptIntent())
  const both = await Promise.allSettled([open(), open()])
  t.same(both.map(({ status }) => status), ['fulfilled', 'rejected'])
  t.equal(Number(books.database.sqlite.prepare('SELECT count(*) FROM exchanges').pluck().get()), 1)
  t.ok(books.verify().ok)
})

t.test('an answer is kept once: a later one changes nothing', async (t) => {
  const books = sqliteBooks(t, databasePath(t), NOON_MS, { clock: manualClock(NOON_MS) })
  const { key } = await answer(books)
  await books.ledger.answers.keep(key, { ending: 'cut', status: 500, headers: [], body: Buffer.alloc(1) })
  await books.ledger.answers.free(key)
  t.match(books.ledger.answers.find(key)?.answer, { ending: 'whole', status: 200, headers: ['a', 'b'] })
})

t.test('expired rows are deleted in batches while the broker runs, all of them, and no other', async (t) => {
  const clock = manualClock(NOON_MS)
  const books = sqliteBooks(t, databasePath(t), NOON_MS, { clock })
  for (let count = 0; count < 40; count++) await answer(books)
  clock.pass(DAY_MS - 60_000)
  const young = await answer(books)
  await calm()
  t.equal(rows(books), 41)
  clock.pass(60_000)
  let most = 0
  for (let sweeps = 0, before = rows(books); sweeps < 30 && rows(books) > 1; sweeps++) {
    clock.pass(10 * 60 * 1000)
    await calm(2)
    most = Math.max(most, before - rows(books))
    before = rows(books)
  }
  t.equal(rows(books), 1)
  t.ok(books.ledger.answers.find(young.key))
  t.ok(most > 0 && most <= 32, `at most ${most} at once`)
})

t.test('expired rows of an earlier process are deleted after the start', async (t) => {
  const clock = manualClock(NOON_MS)
  const path = databasePath(t)
  const books = sqliteBooks(t, path, NOON_MS, { clock })
  await answer(books)
  await books.ledger.close()
  t.equal(clock.waiting, 0, 'nothing is left of the old one')
  clock.pass(2 * DAY_MS)
  const next = sqliteBooks(t, path, NOON_MS, { clock })
  clock.pass(1)
  await calm()
  t.equal(rows(next), 0)
})

t.test('a broker without keys asks for no timer', async (t) => {
  const clock = manualClock(NOON_MS)
  const books = sqliteBooks(t, databasePath(t), NOON_MS, { clock })
  await books.ledger.open(exchangeIntent(), attemptIntent())
  t.equal(clock.waiting, 0)
})

t.test('the sum of the bodies is right after transactions that failed, and after a restart', async (t) => {
  const clock = manualClock(NOON_MS)
  const path = databasePath(t)
  const books = sqliteBooks(t, path, NOON_MS, { clock, answersBytes: 1_000 })
  const first = await answer(books, request(), 400)
  clock.pass(1)
  const second = request()
  await books.ledger.open(exchangeIntent({ idempotent: second }), attemptIntent())
  const [kept, spoiler] = await Promise.allSettled([
    books.ledger.answers.keep(second.key, { ending: 'whole', status: 200, headers: [], body: Buffer.alloc(600) }),
    books.ledger.open(exchangeIntent({ idempotent: first }), attemptIntent()) // undoes the transaction both are in
  ])
  t.same([kept.status, spoiler.status], ['fulfilled', 'rejected'])
  t.ok(books.ledger.answers.find(first.key)?.answer?.body, '1000 bytes have room')
  await books.ledger.close()

  const next = sqliteBooks(t, path, NOON_MS, { clock, answersBytes: 1_000 })
  clock.pass(1)
  const third = await answer(next, request(), 1)
  t.equal(next.ledger.answers.find(first.key)?.answer?.body, undefined, 'the oldest went')
  t.ok(next.ledger.answers.find(second.key)?.answer?.body)
  t.ok(next.ledger.answers.find(third.key)?.answer?.body)
})
