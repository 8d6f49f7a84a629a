// `atomic`: the client hears nothing of an answer before it is whole, so whatever fails until then fails unseen.

import t from 'tap'
import { chatSse, errorInStream, status } from '../upstreams.ts'
import { byHand, END, ROLE, say } from './by-hand.ts'
import { timed, type Ended } from './timed.ts'

const ATOMIC = { 'x-aibroker-stream': 'atomic' }
const SILENCE_MS = 900
const ENV = { AIBROKER_KEEP_ALIVE_MS: `${SILENCE_MS}`, AIBROKER_BETWEEN_TIMEOUT_MS: '5000' }
const ANSWERED: Ended = { status: 200, error: null, outcomes: ['answered'] }
const RESCUED: Ended = { ...ANSWERED, outcomes: ['cut', 'answered'] }

t.test('nothing goes out before the end, and then everything does, with what it cost', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer])
  const caller = await play.ask({ headers: ATOMIC, body: { stream_options: { include_usage: true } } })
  for (const piece of [ROLE, say('Hel'), say('lo'), END.slice(0, -2)]) {
    hand.send(piece)
    await play.pass(100)
    t.equal(caller.status, 0)
  }
  hand.end('\n\n')
  await play.until(caller.ended)
  t.match(caller, { status: 200, headers: { 'x-aibroker-cost-usd': '0.000013000', 'x-aibroker-cost-grade': 'reported' } })
  t.match(await caller.stream(), { text: 'Hello', isDone: true, comments: [], usage: { prompt_tokens: 7 } })
  await play.holds(t, [ANSWERED])
})

/** Ways a stream breaks behind its first words. */
const BREAKS: Readonly<Record<string, { end (hand: ReturnType<typeof byHand>): void, silentMs?: number }>> = {
  'the connection breaks': { end: (hand) => { hand.cut() } },
  'it ends early and clean': { end: (hand) => { hand.end() } },
  'it turns into an error': { end: (hand) => { hand.end('data: {"error":{"message":"overloaded"}}\n\n') } },
  'an event is damaged': { end: (hand) => { hand.send('data: {"choices":[{"delta":{"conte\n\n') } },
  'it falls silent': { end: () => {}, silentMs: 5_000 }
}

for (const [how, { end, silentMs = 0 }] of Object.entries(BREAKS)) {
  t.test(`${how} in the middle: another backend answers, and the client sees that answer alone`, async (t) => {
    const hand = byHand()
    const play = await timed(t, [hand.answer, chatSse({ pieces: ['An', 'other'] })], { env: ENV })
    const caller = await play.ask({ headers: ATOMIC })
    hand.send(ROLE + say('The first'))
    await play.pass(0)
    end(hand)
    await play.pass(silentMs)
    await play.until(caller.ended)
    const answer = await caller.stream()
    t.match(answer, { text: 'Another', isDone: true, error: undefined })
    t.notMatch(caller.raw, 'first')
    t.equal(caller.raw.match(/"role"/g)?.length, 1)
    t.match(caller.headers, silentMs ? {} : { 'x-aibroker-provider': 'test1', 'x-aibroker-attempts': '2' })
    t.equal(play.providers[0]?.requests.length, 1)
    t.equal(caller.isCut, false)
    await play.holds(t, [RESCUED])
  })
}

t.test('any number of answers may break: the last one is whole', async (t) => {
  const broken = errorInStream({ pieces: ['no'] })
  const play = await timed(t, [broken, broken, broken, chatSse({ pieces: ['yes'] })])
  const caller = await play.ask({ headers: ATOMIC })
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: 'yes', isDone: true, error: undefined })
  await play.holds(t, [{ status: 200, error: null, outcomes: ['cut', 'cut', 'cut', 'answered'] }])
})

t.test('when all fail before anything was heard, the answer is a plain refusal with every attempt', async (t) => {
  const play = await timed(t, [errorInStream({ pieces: ['Hel'] }), status(400)])
  const caller = await play.ask({ headers: ATOMIC })
  await play.until(caller.ended)
  t.equal(caller.status, 400)
  t.match(caller.headers['content-type'], /^application\/json/)
  t.match(caller.error, {
    message: /made up for a test: 400/,
    metadata: { attempts: [{ outcome: 'cut', reason: /overloaded/ }, { outcome: 'refused' }] }
  })
  t.equal(caller.isCut, false)
  await play.holds(t, [{ status: 400, error: 'upstream_refused', outcomes: ['cut', 'refused'] }])
})

t.test('the refusal names what broke the last answer', async (t) => {
  const play = await timed(t, [status(501), errorInStream({ pieces: ['Hel'] })])
  const caller = await play.ask({ headers: ATOMIC })
  await play.until(caller.ended)
  t.equal(caller.status, 502)
  t.match(caller.error?.['message'], /Every backend of m failed; the last one was test1: .*overloaded/)
  const outcomes = ['failed', 'failed', 'cut', 'cut']
  await play.holds(t, [{ status: 502, error: 'every_backend_failed', outcomes }])
})

t.test('a sign of life begins the answer: a failure behind it is told in-band, and nothing that was held goes out', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer, status(501)], { env: ENV })
  const caller = await play.ask({ headers: ATOMIC })
  hand.send(ROLE + say('Hel'))
  await play.pass(SILENCE_MS)
  t.match(caller, { status: 200, isCut: false })
  t.equal(caller.headers['x-aibroker-cost-usd'], undefined, 'nobody knows yet')
  hand.cut()
  await play.until(hand.called(2)) // nobody else is left
  hand.cut(1)
  await play.until(caller.ended)
  const answer = await caller.stream()
  t.match(answer, { text: '', isDone: false, error: { message: /Every backend of m failed/ } })
  t.match(answer.values, [{ choices: [{ finish_reason: 'error' }] }])
  t.equal(caller.isCut, true, 'P6')
  await play.holds(t, [{ status: 200, error: 'every_backend_failed', outcomes: ['cut', 'failed', 'failed', 'failed'] }])
})

t.test('behind a sign of life a whole answer is an answer like any other', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer, chatSse({ pieces: ['Hello'] })], { env: ENV })
  const caller = await play.ask({ headers: ATOMIC })
  await play.pass(SILENCE_MS)
  hand.send(ROLE + say('Hel'))
  await play.pass(SILENCE_MS)
  hand.cut()
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: 'Hello', isDone: true, error: undefined, comments: ['OPENROUTER PROCESSING', 'OPENROUTER PROCESSING'] })
  t.equal(caller.isCut, false)
  await play.holds(t, [RESCUED])
})

t.test('a client that leaves while its answer is held ends the call', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer, chatSse()])
  const caller = await play.ask({ headers: ATOMIC })
  hand.send(ROLE + say('Hel'))
  await play.pass(0)
  caller.leave()
  await play.until(play.providers[0]?.closed() as Promise<void>)
  await play.holds(t, [{ status: 499, error: 'client_gone', outcomes: ['abandoned'] }])
  t.equal(play.providers[1]?.requests.length, 0)
})
