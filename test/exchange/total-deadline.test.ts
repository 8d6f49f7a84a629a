// The time for the whole request: it bounds every wait inside, and behind it nobody is asked any more.

import t from 'tap'
import {
  chatSse, errorInStream, headersThenSilence, never, sequence, status, streamed, type Answer
} from '../upstreams.ts'
import { byHand, ROLE, say } from './by-hand.ts'
import { timed } from './timed.ts'

const TOTAL_MS = 2_000
const BY_HEADER = { 'x-aibroker-timeout-total': `${TOTAL_MS}ms` }
const BY_ENV = { AIBROKER_TOTAL_TIMEOUT_MS: `${TOTAL_MS}` }
const PLAIN = { stream: false }
const later = (seconds: number) => status(429, {}, { 'retry-after': `${seconds}` })
const modeOf = (mode: string) => ({ 'x-aibroker-stream': mode })

interface Wait {
  readonly answers: readonly [Answer, ...Answer[]]
  readonly body?: object
  readonly mode?: string
  readonly outcomes: readonly string[]
}

/** Nothing was heard when the time is over. */
const WAITS: Readonly<Record<string, Wait>> = {
  'a provider that said "later"': { answers: [later(3)], outcomes: ['throttled'] },
  'a provider that said "later", plain': { answers: [later(3)], body: PLAIN, outcomes: ['throttled'] },
  'a provider that said "later" twice': { answers: [later(1), later(3)], outcomes: ['throttled', 'throttled'] },
  headers: { answers: [never()], outcomes: ['stalled'] },
  'a first output': { answers: [headersThenSilence()], outcomes: ['stalled'] },
  'the rest of a plain answer': { answers: [headersThenSilence('application/json')], body: PLAIN, outcomes: ['stalled'] },
  'an answer that is held back': {
    answers: [({ response }) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write(ROLE + say('Hel')) }],
    mode: 'atomic',
    outcomes: ['cut']
  },
  'a second answer to hold back': {
    answers: [errorInStream({ pieces: ['Hel'] }), never()], mode: 'atomic', outcomes: ['cut', 'stalled']
  }
}

for (const [way, env, headers] of [['environment', BY_ENV, {}], ['header', {}, BY_HEADER]] as const) {
  for (const [what, { answers, body = {}, mode = 'live', outcomes }] of Object.entries(WAITS)) {
    t.test(`${what} is waited for until the time is over (by ${way}), and then nobody else is`, async (t) => {
      const play = await timed(t, [sequence(...answers)], { env })
      const caller = await play.ask({ headers: { ...headers, ...modeOf(mode) }, body })
      while (play.clock.monotonicMs() < TOTAL_MS - 100) await play.pass(100)
      await play.pass(99)
      t.equal(caller.status, 0, 'not a moment before')
      await play.pass(1)
      await play.until(caller.ended, 0)
      t.equal(caller.status, 408)
      t.match(caller.error, { code: 408, message: /within 2 s, the time for the whole request/ })
      await play.holds(t, [{ status: 408, error: 'deadline_passed', outcomes }])
      await play.pass(60_000)
      t.equal(play.providers[0]?.requests.length, answers.length)
    })
  }
}

t.test('a wait that ends in time is waited for', async (t) => {
  const play = await timed(t, [sequence(later(1), chatSse())], { env: BY_ENV })
  const caller = await play.ask()
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: 'Hello', isDone: true })
  await play.holds(t, [{ status: 200, error: null, outcomes: ['throttled', 'answered'] }])
})

t.test('the gap before a second try ends with the time too', async (t) => {
  const play = await timed(t, [status(500)])
  const caller = await play.ask({ headers: { 'x-aibroker-timeout-total': '100ms' } }) // a gap is at least 125
  await play.pass(99)
  t.equal(caller.status, 0)
  await play.pass(1)
  await play.until(caller.ended, 0)
  t.equal(caller.status, 408)
  await play.holds(t, [{ status: 408, error: 'deadline_passed', outcomes: ['failed'] }])
})

t.test('a stream that never rests ends with the time, in-band', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer, chatSse()], { env: BY_ENV })
  const caller = await play.ask()
  hand.send(ROLE)
  for (let second = 0; second < 4; second++) {
    hand.send(say('x'))
    await play.pass(TOTAL_MS / 4 - (second === 3 ? 1 : 0))
  }
  t.match([caller.isCut, (await caller.stream()).text], [false, 'xxxx'])
  await play.pass(1)
  await play.until(Promise.all([caller.ended, play.providers[0]?.closed()]), 0)
  t.match(await caller.stream(), { isDone: false, error: { message: /not done when the time for the whole request was over/ } })
  t.equal(caller.isCut, true, 'P6')
  t.equal(play.providers[1]?.requests.length, 0)
  await play.holds(t, [{ status: 200, error: 'stream_cut', outcomes: ['cut'] }])
})

/** A stream broke for a reason of its own; the time is over while somebody should carry it on. */
const SEQUELS: Readonly<Record<string, readonly [next: Answer, outcome: string]>> = {
  'the wait for its headers': [never(), 'stalled'],
  'the repetition of what was shown': [streamed([ROLE, say('He')], { gapBetween: () => new Promise(() => {}) }), 'stalled']
}

t.test('resume, the wait for the next turn: when the time is over the client is told what broke its stream', async (t) => {
  const silent = streamed([ROLE, say('Hel'), ''], { gapBetween: (sent) => sent === 2 ? new Promise(() => {}) : undefined })
  const play = await timed(t, [silent, later(3)], { env: { ...BY_ENV, AIBROKER_BETWEEN_TIMEOUT_MS: '500' } })
  const caller = await play.ask({ headers: modeOf('resume') })
  await play.pass(500)
  await play.until(play.providers[1]?.received() as Promise<unknown>, 0)
  await play.pass(TOTAL_MS - 501)
  t.match(await caller.stream(), { text: 'Hel', error: undefined })
  await play.pass(1)
  await play.until(caller.ended, 0)
  t.match(await caller.stream(), { text: 'Hel', isDone: false, error: { message: /fell silent for 500 ms/ } })
  t.equal(caller.isCut, true, 'P6')
  await play.holds(t, [{ status: 200, error: 'stream_cut', outcomes: ['cut', 'throttled'] }])
})

for (const [what, [next, outcome]] of Object.entries(SEQUELS)) {
  t.test(`resume, ${what}: when the time is over the client is told what broke its stream`, async (t) => {
    const first = errorInStream({ pieces: ['Hel'], error: { message: 'the first cause' } })
    const play = await timed(t, [sequence(first, next)], { env: BY_ENV })
    const caller = await play.ask({ headers: modeOf('resume') })
    await play.pass(TOTAL_MS - 1)
    t.match(await caller.stream(), { text: 'Hel', error: undefined })
    await play.pass(1)
    await play.until(caller.ended, 0)
    t.match(await caller.stream(), { text: 'Hel', isDone: false, error: { message: /the first cause/ } })
    t.equal(caller.isCut, true, 'P6')
    await play.holds(t, [{ status: 200, error: 'stream_cut', outcomes: ['cut', outcome] }])
  })
}
