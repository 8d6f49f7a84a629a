// The broker has to go: who waits is refused and may ask elsewhere, who has heard a part is told in the stream.

import t from 'tap'
import { errorInStream, headersThenSilence, never, status, type Answer } from '../upstreams.ts'
import type { Question } from './caller.ts'
import { byHand, END, ROLE, say } from './by-hand.ts'
import { timed, type Ended } from './timed.ts'

const KEEP_ALIVE_MS = 900
const BETWEEN_MS = 1_200
const ENV = { AIBROKER_KEEP_ALIVE_MS: `${KEEP_ALIVE_MS}`, AIBROKER_BETWEEN_TIMEOUT_MS: `${BETWEEN_MS}` }
const modeOf = (mode: string) => ({ 'x-aibroker-stream': mode })
const PLAIN: Question = { body: { stream: false } }

interface Wait {
  readonly answer: Answer
  readonly question?: Question
  /** Of the one attempt. */
  readonly outcome?: string
}

const WAITS: Readonly<Record<string, Wait>> = {
  'for a plain answer': { answer: never(), question: PLAIN },
  'for the rest of a plain answer': { answer: headersThenSilence('application/json'), question: PLAIN },
  'for the rest of a refusal': { answer: headersThenSilence('application/json', 500), question: PLAIN },
  'for the headers of a stream': { answer: never() },
  'for the first output of a stream': { answer: ({ response }) => { response.writeHead(200, SSE).write(ROLE) } },
  'until a throttled provider may be asked again': {
    answer: status(429, {}, { 'retry-after': '3' }), outcome: 'throttled'
  },
  'before a second try': { answer: status(500), outcome: 'failed' },
  'for an answer that is held back': {
    answer: ({ response }) => { response.writeHead(200, SSE).write(ROLE + say('Hel')) },
    question: { headers: modeOf('atomic') }
  }
}
const SSE = { 'content-type': 'text/event-stream' }

for (const [what, { answer, question, outcome = 'abandoned' }] of Object.entries(WAITS)) {
  t.test(`who waits ${what} gets a 503, and nobody else is asked`, async (t) => {
    const play = await timed(t, [answer], { env: ENV })
    const caller = await play.ask(question)
    t.equal(caller.status, 0)
    play.broker.gateway.interrupt()
    await play.until(caller.ended, 0)
    t.match(caller, { status: 503, isCut: false, headers: { 'retry-after': '1' } })
    t.match(caller.error, { code: 503, metadata: { reason: 'draining' } })
    if (outcome === 'abandoned') await play.until(play.providers[0]?.closed() as Promise<void>, 0)
    await play.holds(t, [{ status: 503, error: 'draining', outcomes: [outcome] }])
    await play.pass(60_000)
    t.equal(play.providers[0]?.requests.length, 1)
  })
}

interface Begun {
  /** Of each provider. */
  readonly answers: readonly Answer[]
  readonly mode: string
  /** What the client has got, a comment included. */
  readonly text?: string
  readonly silentMs?: number
  readonly outcomes?: readonly string[]
}

const open: Answer = ({ response }) => { response.writeHead(200, SSE).write(ROLE + say('Hel')) }

const BEGUN: Readonly<Record<string, Begun>> = {
  'a live stream': { answers: [open], mode: 'live', text: 'Hel' },
  'a stream that could be carried on': { answers: [open], mode: 'resume', text: 'Hel' },
  'a stream that is being carried on': {
    answers: [errorInStream({ pieces: ['Hel'] }), never()], mode: 'resume', text: 'Hel', outcomes: ['cut', 'abandoned']
  },
  'a stream whose sequel waits for its turn': {
    answers: [open, status(429, {}, { 'retry-after': '3' })],
    mode: 'resume',
    text: 'Hel',
    silentMs: BETWEEN_MS,
    outcomes: ['cut', 'throttled']
  },
  'signs of life before the first output': { answers: [never()], mode: 'resume', silentMs: KEEP_ALIVE_MS },
  'signs of life instead of what is held': { answers: [open], mode: 'atomic', silentMs: KEEP_ALIVE_MS }
}

for (const [what, { answers, mode, text = '', silentMs = 0, outcomes = ['abandoned'] }] of Object.entries(BEGUN)) {
  t.test(`${what}: the client is told in the stream, which does not look complete`, async (t) => {
    const play = await timed(t, answers, { env: ENV })
    const caller = await play.ask({ headers: modeOf(mode) })
    await play.pass(silentMs)
    t.equal(caller.status, 200)
    play.broker.gateway.interrupt()
    await play.until(caller.ended, 0)
    t.match(await caller.stream(), { text, isDone: false, error: { code: 503, metadata: { reason: 'draining' } } })
    t.equal(caller.isCut, true, 'P6')
    await play.holds(t, [{ status: 200, error: 'draining', outcomes }])
    await play.pass(60_000)
    t.same(play.providers.map(({ requests }) => requests.length), answers.map(() => 1))
  })
}

t.test('everybody is told at once, each once, and what begins afterwards is served', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer])
  const callers = []
  for (let call = 0; call < 6; call++) {
    callers.push(await play.ask())
    hand.send(call % 2 ? ROLE : ROLE + say('Hel'), call)
  }
  await play.pass(0)
  play.broker.gateway.interrupt()
  play.broker.gateway.interrupt()
  await play.until(Promise.all(callers.map(({ ended }) => ended)), 0)
  t.same(callers.map((caller) => caller.status), [200, 503, 200, 503, 200, 503])
  for (const { raw } of callers) t.equal(raw.match(/"reason":"draining"/g)?.length, 1)
  const late = await play.ask()
  hand.end(ROLE + say('Hello') + END, callers.length)
  await play.until(late.ended)
  t.match(await late.stream(), { text: 'Hello', isDone: true })
  const drained = callers.map(({ status }): Ended => ({ status, error: 'draining', outcomes: ['abandoned'] }))
  await play.holds(t, [...drained, { status: 200, error: null, outcomes: ['answered'] }])
})

t.test('the books are closed behind the last settlement', async (t) => {
  const play = await timed(t, [never()])
  const caller = await play.ask()
  const closed = play.broker.gateway.close()
  t.match(play.observed.rows(), [{ status: null }])
  play.broker.gateway.interrupt()
  await closed
  t.match(play.observed.rows(), [{ status: 503, error: 'draining', attempts: [{ outcome: 'abandoned' }] }])
  t.match(play.observed.verify(), { ok: true, open: 0 })
  await caller.ended
  t.equal(caller.status, 503)
})
