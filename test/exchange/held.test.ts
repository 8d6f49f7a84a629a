// What `atomic` streams may hold back: so much each, so much all together, and all of it is given back at every end.

import t from 'tap'
import { HeldBytes, Holder, MOST_HELD_BYTES } from '../../src/exchange/holder.ts'
import { sequence, streamed, type Answer } from '../upstreams.ts'
import type { Caller } from './caller.ts'
import { byHand, END, ROLE, say } from './by-hand.ts'
import { timed, type Ended, type Timed } from './timed.ts'

const ATOMIC = { 'x-aibroker-stream': 'atomic' }
/** Room for one answer of this length and not for two. */
const TEXT = 'x'.repeat(2_500)
const ENV = { AIBROKER_HELD_LIMIT: '4000', AIBROKER_KEEP_ALIVE_MS: '0' }
const ANSWERED: Ended = { status: 200, error: null, outcomes: ['answered'] }
const FULL = /sent more than may be held/

const whole = streamed([ROLE, say(TEXT), END])
const broken = streamed([ROLE, say(TEXT)])
const tooLong = streamed([ROLE, say(TEXT), say(TEXT), END])
const open: Answer = ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(ROLE + say(TEXT))
}

interface Ending {
  /** Of the one backend, call by call. */
  readonly answers: readonly Answer[]
  act? (play: Timed, caller: Caller): void
  readonly ended: Ended
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'whole answer': { answers: [whole], ended: ANSWERED },
  'answer that was rescued': { answers: [broken, whole], ended: { ...ANSWERED, outcomes: ['cut', 'answered'] } },
  'answer that nobody could rescue': {
    answers: [broken, broken], ended: { status: 502, error: 'every_backend_failed', outcomes: ['cut', 'cut'] }
  },
  'answer that was too long': {
    answers: [tooLong, tooLong], ended: { status: 502, error: 'every_backend_failed', outcomes: ['cut', 'cut'] }
  },
  'client that left': {
    answers: [open],
    act (_play, caller) { caller.leave() },
    ended: { status: 499, error: 'client_gone', outcomes: ['abandoned'] }
  },
  shutdown: {
    answers: [open],
    act ({ broker }) { broker.gateway.interrupt() },
    ended: { status: 503, error: 'draining', outcomes: ['abandoned'] }
  },
  'time that was over': {
    answers: [open],
    act ({ clock }) { clock.pass(900_000) },
    ended: { status: 408, error: 'deadline_passed', outcomes: ['cut'] }
  }
}

for (const [what, { answers, act, ended }] of Object.entries(ENDINGS)) {
  t.test(`${what}: what was held is given back, and there is room for the next answer`, async (t) => {
    const play = await timed(t, [sequence(...answers as [Answer], whole)], { env: ENV })
    const caller = await play.ask({ headers: ATOMIC })
    act?.(play, caller)
    await play.until(caller.ended)
    await play.until(play.observed.ended(1))
    const next = await play.ask({ headers: ATOMIC })
    await play.until(next.ended)
    t.match(await next.stream(), { text: TEXT, isDone: true })
    await play.holds(t, [ended, ANSWERED])
  })
}

t.test('an answer longer than the bound is one that failed: somebody else is asked', async (t) => {
  const play = await timed(t, [tooLong, whole], { env: ENV })
  const caller = await play.ask({ headers: ATOMIC })
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: TEXT, isDone: true })
  t.match(caller.headers, { 'x-aibroker-provider': 'test1' })
  await play.holds(t, [{ ...ANSWERED, outcomes: ['cut', 'answered'] }])
})

t.test('when every answer is longer, the refusal says so', async (t) => {
  const play = await timed(t, [tooLong], { env: ENV })
  const caller = await play.ask({ headers: ATOMIC })
  await play.until(caller.ended)
  t.match(caller.error, { code: 502, message: FULL })
  await play.holds(t, [{ status: 502, error: 'every_backend_failed', outcomes: ['cut', 'cut'] }])
})

t.test('the room is one for all: who comes too late finds it taken, and free again when the other one is gone', async (t) => {
  const [one, other] = [byHand(), byHand()]
  const play = await timed(t, [one.answer, other.answer], { env: ENV })
  const first = await play.ask({ headers: ATOMIC })
  one.send(ROLE + say(TEXT))
  const second = await play.ask({ headers: ATOMIC })
  one.send(ROLE + say(TEXT), 1)
  await play.until(other.called())
  first.leave()
  await play.pass(0)
  other.end(ROLE + say(TEXT) + END)
  await play.until(second.ended)
  t.match(await second.stream(), { text: TEXT, isDone: true })
  const [left, rescued] = [
    { status: 499, error: 'client_gone', outcomes: ['abandoned'] }, { ...ANSWERED, outcomes: ['cut', 'answered'] }
  ]
  await play.holds(t, [left, rescued] as Ended[])
})

t.test('streams of other modes hold nothing', async (t) => {
  for (const mode of ['live', 'resume']) {
    const play = await timed(t, [tooLong], { env: ENV })
    const caller = await play.ask({ headers: { 'x-aibroker-stream': mode } })
    await play.until(caller.ended)
    t.match(await caller.stream(), { text: TEXT + TEXT, isDone: true })
    await play.holds(t, [ANSWERED])
  }
})

t.test('one answer may hold sixteen MiB and not a byte more, however much room there is', (t) => {
  const shared = new HeldBytes(Infinity)
  const holder = new Holder(shared)
  let full = 0
  holder.onFull = () => { full++ }
  holder.write(Buffer.alloc(MOST_HELD_BYTES - 1))
  holder.write(Buffer.from('a'))
  t.equal(full, 0)
  holder.write(Buffer.from('b'))
  t.equal(full, 1)
  t.equal(shared.taken, MOST_HELD_BYTES)
  t.equal(String(holder.take().subarray(-1)), 'a')
  t.equal(shared.taken, MOST_HELD_BYTES, 'it waits for the client now')
  holder.release()
  t.equal(shared.taken, 0)
  holder.release()
  t.equal(shared.taken, 0, 'released once')
  t.end()
})

t.test('a client that does not take its answer keeps the room of it, until it leaves', async (t) => {
  const long = 'x'.repeat(12 * 1024 * 1024) // more than the sockets on the way take
  const env = { AIBROKER_HELD_LIMIT: String(20 * 1024 * 1024), AIBROKER_KEEP_ALIVE_MS: '0' }
  const pieces = Array.from({ length: 24 }, () => say(long.slice(0, long.length / 24)))
  const play = await timed(t, [sequence(streamed([ROLE, ...pieces, END]), streamed([ROLE, ...pieces, END]))], { env })
  const sleeper = await play.ask({ headers: ATOMIC, isAsleep: true })
  await play.until(play.observed.ended(1))
  const refused = await play.ask({ headers: ATOMIC })
  await play.until(refused.ended)
  t.match(refused.raw, FULL)
  sleeper.leave()
  await play.pass(1)
  t.equal(play.observed.busy, 0)
})
