// Sealing waits for a quiet moment, not for ever, and never disturbs what is written.

import t from 'tap'
import { REST_MS, SealSchedule } from '../../src/ledger/sqlite/seals-schedule.ts'
import { verifySeals } from '../../src/ledger/sqlite/seals-verify.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'
import { tickingClock } from './ticking-clock.ts'

/** A schedule over a number of blocks, on an event loop with this load. */
function schedule (blocks: number, load: number) {
  const clock = tickingClock()
  const alarms: string[] = []
  let left = blocks
  const sealer = {
    next () {
      if (left === -1) throw new Error('disk full')
      return left > 0 ? left-- : 0
    }
  }
  const parts = { clock, sealer, alarm: (message: string) => { alarms.push(message) }, load: () => load }
  const seals = new SealSchedule(parts)
  return { clock, seals, alarms, left: () => left, fail: () => { left = -1 } }
}

t.test('an idle loop seals block by block, and then rests until the next commit', async (t) => {
  const { clock, seals, left } = schedule(3, 0.1)
  seals.noteCommit()
  seals.noteCommit()
  t.equal(clock.waiting, 1)
  for (const expected of [2, 1, 0, 0]) {
    await clock.tick()
    t.equal(left(), expected)
  }
  t.equal(clock.waiting, 0)
})

t.test('a busy loop is left alone for five seconds at the most', async (t) => {
  const { clock, seals, left } = schedule(2, 0.9)
  seals.noteCommit()
  for (let waits = 0; waits < 4; waits++) {
    await clock.tick()
    t.equal(left(), 2)
  }
  await clock.tick()
  t.equal(left(), 1, `after ${5 * REST_MS} ms`)
  await clock.tick()
  t.equal(left(), 0, 'and what waits is sealed in one go')
})

t.test('the end seals the rest', async (t) => {
  const { clock, seals, left } = schedule(5, 0.9)
  seals.noteCommit()
  seals.stop()
  t.equal(left(), 0)
  t.equal(clock.waiting, 0)
})

t.test('a store that refuses is told once and tried with the next commit', async (t) => {
  const { clock, seals, alarms, fail } = schedule(1, 0.1)
  fail()
  for (let commits = 0; commits < 3; commits++) {
    seals.noteCommit()
    await clock.tick()
  }
  t.match(alarms, [/could not be sealed/])
})

t.test('a ledger that seals does so behind its commits, and at its end', async (t) => {
  const clock = tickingClock(REST_MS)
  const books = sqliteBooks(t, undefined, NOON_MS, { clock, hasUpkeep: true })
  const { sqlite } = books.database
  const book = async () => {
    const exchange = await books.ledger.open(exchangeIntent(), attemptIntent())
    await books.ledger.settle(exchange, settlement({ attempt: answered() }))
  }
  const waiting = () => verifySeals(sqlite).seals.waiting
  await book()
  t.equal(waiting(), 1)
  await clock.tick()
  while (waiting() > 0) await clock.tick() // the loop of a test may be busy, so that it is asked again
  await book()
  const { seals: { waiting: left } } = books.verify()
  t.equal(left, 1)
  await books.ledger.close()
  t.match(sqliteBooks(t, books.path).verify(), { ok: true, seals: { waiting: 0 } })
})
