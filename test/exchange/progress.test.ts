// A running stream is noted in its open row, at most once a second, by the blocks that pass.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { look } from '../promises/observe.ts'
import { frameOf } from '../upstreams/frames.ts'
import { byHand, END, ROLE, say } from './by-hand.ts'
import { timed, type Timed } from './timed.ts'

interface Noted {
  readonly bytes: number | null
  readonly upstreamId: string | null
  readonly input: number | null
  readonly output: number | null
  readonly seen: number | null
  readonly ceiling: number
}

const NOTED = `SELECT delivered_bytes AS bytes, upstream_id AS upstreamId, input, output, computed_nano_usd AS seen,
  ceiling_nano_usd AS ceiling FROM attempts WHERE outcome IS NULL`

const NOTHING = { bytes: null, upstreamId: null, input: null, output: null, seen: null }

function noted (play: Timed): Noted {
  return look(play.broker.home, (sqlite) => sqlite.prepare<[], Noted>(NOTED).get() as Noted)
}

const sayAnd = (content: string, usage: JsonObject) =>
  frameOf({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', usage, choices: [{ index: 0, delta: { content }, finish_reason: null }] })

t.test('nothing is noted within the first second, then the bytes so far, and not again before another second', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer])
  const caller = await play.ask()
  hand.send(ROLE + say('one'))
  await play.pass(999)
  hand.send(say('two'))
  await play.pass(0)
  t.match(noted(play), NOTHING)

  await play.pass(1)
  t.match(noted(play), NOTHING, 'there is no timer')
  hand.send(say('three'))
  await play.pass(0)
  const first = noted(play)
  t.equal(first.bytes, Buffer.byteLength(caller.raw))
  t.equal(first.upstreamId, 'c')
  t.ok(first.seen !== null && first.seen > 0 && first.seen < first.ceiling, 'it costs less than it may')
  t.equal(first.seen, upper(first, play), 'input at its bound, a byte a token')

  await play.pass(999)
  hand.send(say('four'))
  await play.pass(0)
  t.same(noted(play), first)
  await play.pass(1)
  hand.send(say('five'))
  await play.pass(0)
  t.equal(noted(play).bytes, Buffer.byteLength(caller.raw))

  hand.end(END)
  await play.until(caller.ended)
  await play.holds(t, [{ status: 200, error: null, outcomes: ['answered'] }])
})

/** Input costs 1 and output 2 USD a million: the bound of the attempt is for 4,096 tokens of output. */
function upper ({ ceiling, bytes }: Noted, { providers }: Timed): number {
  t.equal(providers.length, 1)
  return ceiling - (4_096 - (bytes ?? 0)) * 2_000
}

t.test('usage told on the way is noted, and counts where it is more than the bytes', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer])
  const caller = await play.ask()
  hand.send(ROLE + say('one'))
  await play.pass(1_000)
  hand.send(sayAnd('two', { prompt_tokens: 900, completion_tokens: 3_000, total_tokens: 3_900 }))
  await play.pass(0)
  t.match(noted(play), { input: 900, output: 3_000, seen: 900 * 1_000 + 3_000 * 2_000 })
  caller.leave()
  await play.holds(t, [{ status: 499, error: 'client_gone', outcomes: ['abandoned'] }])
})

t.test('an atomic stream has delivered nothing yet, and has cost something all the same', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer])
  const caller = await play.ask({ headers: { 'x-aibroker-stream': 'atomic' } })
  hand.send(ROLE + say('one'))
  await play.pass(1_000)
  hand.send(say('two'))
  await play.pass(0)
  const { bytes, seen } = noted(play)
  t.equal(bytes, null)
  t.ok(seen !== null && seen > 0)
  hand.end(END)
  await play.until(caller.ended)
  await play.holds(t, [{ status: 200, error: null, outcomes: ['answered'] }])
})

t.test('a client that left while its provider bills on: what is read for its usage is noted too', async (t) => {
  const hand = byHand()
  const play = await timed(t, [{ as: 'groq', answer: hand.answer }])
  const caller = await play.ask()
  hand.send(ROLE + say('one'))
  await play.pass(1_000)
  caller.leave()
  await play.pass(0)
  hand.send(say('two'.repeat(100)))
  await play.pass(0)
  const { bytes, seen, ceiling } = noted(play)
  t.ok(bytes !== null && seen !== null)
  t.ok((seen ?? 0) > upper({ bytes, ceiling, seen, upstreamId: null, input: null, output: null }, play))
  hand.end(END)
  await play.holds(t, [{ status: 499, error: 'client_gone', outcomes: ['abandoned'] }])
})
