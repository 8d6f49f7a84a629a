// How long, how much and how many answers are read for their usage alone: never more than that.

import t from 'tap'
import { createDrains } from '../../src/exchange/drains.ts'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { firehose } from '../upstreams/firehose.ts'
import { byHand, END, ROLE, say } from './by-hand.ts'
import { timed, type Ended } from './timed.ts'

const PATIENT = { AIBROKER_BETWEEN_TIMEOUT_MS: '0', AIBROKER_FIRST_BYTE_TIMEOUT_MS: '0' }
const LEFT: Ended = { status: 499, error: 'client_gone', outcomes: ['abandoned'] }
/** Bills for what it was asked, whether its client stays or not. */
const BILLING = 'groq'
const MIB = 1024 * 1024

t.test('it is read for a minute and no longer', async (t) => {
  const hand = byHand()
  const play = await timed(t, [{ as: BILLING, answer: hand.answer }], { env: PATIENT })
  const caller = await play.ask()
  hand.send(ROLE + say('Hel'))
  await play.pass(0)
  caller.leave()
  await play.until(play.observed.gone(1))
  await play.pass(59_900)
  hand.send(say('lo'))
  await play.stillHears(t)
  await play.pass(100)
  await play.until(play.providers[0]?.closed() as Promise<void>, 0)
  await play.holds(t, [LEFT])
})

t.test('a stream without an end is not read for ever: after sixteen MiB it is hung up on', async (t) => {
  let sentBytes = 0
  const play = await timed(t, [{ as: BILLING, answer: firehose((bytes) => { sentBytes += bytes }) }], { env: PATIENT })
  const caller = await play.ask()
  caller.leave()
  await play.providers[0]?.closed()
  const drainedBytes = sentBytes - caller.raw.length
  t.ok(drainedBytes > 16 * MIB && drainedBytes < 32 * MIB, `${drainedBytes} bytes`) // sockets hold some of it
  await play.holds(t, [LEFT])
})

t.test('at a shutdown nobody is read for its usage any more', async (t) => {
  const hand = byHand()
  const play = await timed(t, [{ as: BILLING, answer: hand.answer }], { env: PATIENT })
  const caller = await play.ask()
  hand.send(ROLE + say('Hel'))
  await play.pass(0)
  caller.leave()
  await play.until(play.observed.gone(1))
  play.broker.gateway.interrupt()
  await play.until(play.providers[0]?.closed() as Promise<void>, 0)
  await play.holds(t, [LEFT])
})

t.test('a hundred are read at once: the next one is hung up on, until one of them ends', async (t) => {
  const MOST = 100
  const hand = byHand()
  const play = await timed(t, [{ as: BILLING, answer: hand.answer }], { env: PATIENT })
  const leave = async (count: number) => {
    const caller = await play.ask()
    hand.send(ROLE + say('Hel'), count - 1)
    await play.pass(0)
    caller.leave()
    await play.until(play.observed.gone(count))
  }
  for (let count = 1; count <= MOST; count++) await leave(count)
  await play.stillHears(t)
  await leave(MOST + 1)
  await play.until(play.providers[0]?.closed() as Promise<void>, 0)
  hand.end(END)
  await play.until(play.observed.ended(2))
  await leave(MOST + 2)
  t.equal(play.observed.rows().filter(({ status }) => status === null).length, MOST)
  play.broker.gateway.interrupt()
  await play.holds(t, Array<Ended>(MOST + 2).fill(LEFT))
})

t.test('a place is free again when its drain ends or its time is over, and only once', (t) => {
  const clock = steppedClock()
  const drains = createDrains(clock)
  let over = 0
  const ends = Array.from({ length: 100 }, () => drains.begin(() => { over++ }))
  t.equal(drains.begin(() => {}), undefined)
  ends[0]?.()
  ends[0]?.()
  t.equal(drains.running, 99)
  t.equal(clock.waiting, 99, 'its timer is gone')
  clock.pass(60_000)
  t.equal(over, 99)
  t.end()
})
