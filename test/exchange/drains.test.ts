// A client leaves: who bills for the whole answer anyway is read to its end, so that the books have what it tells;
// any other call is cancelled at once.

import t from 'tap'
import { look } from '../promises/observe.ts'
import { chatJson, headersThenSilence, never, type Answer } from '../upstreams.ts'
import { byHand, END, ROLE, say, type ByHand } from './by-hand.ts'
import { timed, type Ended, type Timed } from './timed.ts'

const PATIENT = { AIBROKER_BETWEEN_TIMEOUT_MS: '0', AIBROKER_FIRST_BYTE_TIMEOUT_MS: '0' }
const LEFT: Ended = { status: 499, error: 'client_gone', outcomes: ['abandoned'] }
const MODES = ['live', 'resume', 'atomic']
const BILLING = 'groq'

/** As it stands in the request log, oldest first. */
function bookedIn ({ broker }: Timed): unknown[] {
  return look(broker.home, (sqlite) => sqlite.prepare(
    'SELECT cost_grade, prompt_tokens, completion_tokens FROM request_logs').all())
}

const TOLD_USAGE = { cost_grade: 'reported', prompt_tokens: 7, completion_tokens: 3 }

for (const mode of MODES) {
  t.test(`a ${mode} stream of a provider that bills for all of it is read to its end, and its usage is booked`, async (t) => {
    const hand = byHand()
    const play = await timed(t, [{ as: BILLING, answer: hand.answer }], { env: PATIENT })
    const caller = await play.ask({ headers: { 'x-aibroker-stream': mode } })
    hand.send(ROLE + say('Hel'))
    await play.pass(0)
    caller.leave()
    await play.until(play.observed.gone(1))
    await play.stillHears(t)
    t.match(play.observed.rows(), [{ status: null }])
    hand.end(say('lo') + END)
    await play.holds(t, [LEFT])
    t.match(bookedIn(play), [TOLD_USAGE])
  })
}

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
const CHOICE = { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }
const JSON_TEXT = JSON.stringify({ id: 'c', choices: [CHOICE], usage: USAGE })

/** Where the answer stands when the client leaves: before its headers, or behind them. */
const BEFORE_OUTPUT: Readonly<Record<string, (send: Promise<void>) => Answer>> = {
  'nothing has come of a plain answer': (send) => async (call) => {
    await send
    return chatJson({ usage: USAGE })(call)
  },
  'half of a plain answer has come': (send) => async ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(JSON_TEXT.slice(0, 20))
    await send
    response.end(JSON_TEXT.slice(20))
  },
  'only a role has come of a stream': (send) => async ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(ROLE)
    await send
    response.end(say('Hello') + END)
  }
}

for (const [when, answerAfter] of Object.entries(BEFORE_OUTPUT)) {
  t.test(`${when} when the client leaves: it is waited for, and booked`, async (t) => {
    let send = () => {}
    const sent = new Promise<void>((resolve) => { send = resolve })
    const play = await timed(t, [{ as: BILLING, answer: answerAfter(sent) }], { env: PATIENT })
    const caller = await play.ask({ body: { stream: when.includes('stream') } })
    caller.leave()
    await play.until(play.observed.gone(1))
    await play.stillHears(t)
    send()
    await play.holds(t, [{ ...LEFT, outcomes: [when.includes('stream') ? 'abandoned' : 'answered'] }])
    t.match(bookedIn(play), [TOLD_USAGE])
  })
}

t.test('a provider that does not bill for it is hung up on at once, plain or stream', async (t) => {
  for (const [answer, body] of [[never(), { stream: false }], [never(), {}], [headersThenSilence(), {}]] as const) {
    const play = await timed(t, [{ as: 'vllm', answer }], { env: PATIENT })
    const caller = await play.ask({ body })
    caller.leave()
    await play.until(play.providers[0]?.closed() as Promise<void>, 0)
    await play.holds(t, [LEFT])
  }
})

/** Ways in which an answer fails after its client left. */
const FAILURES: ReadonlyArray<readonly [what: string, body: object, fail: (hand: ByHand) => void, outcome: string]> = [
  ['a plain answer that breaks', { stream: false }, (hand) => { hand.cut() }, 'failed'],
  ['a stream that breaks before its first output', {}, (hand) => { hand.cut() }, 'failed'],
  ['a stream that breaks', {}, (hand) => {
    hand.send(say('Hel'))
    hand.cut()
  }, 'abandoned']
]

for (const [what, body, fail, outcome] of FAILURES) {
  t.test(`${what} while it is read for its usage alone is not asked for again, here or elsewhere`, async (t) => {
    const hand = byHand()
    const play = await timed(t, [{ as: BILLING, answer: hand.answer }, chatJson()], { env: PATIENT })
    const caller = await play.ask({ headers: { 'x-aibroker-stream': 'resume' }, body })
    caller.leave()
    await play.until(play.observed.gone(1))
    fail(hand)
    await play.holds(t, [{ ...LEFT, outcomes: [outcome] }])
    t.same(play.providers.map(({ requests }) => requests.length), [1, 0])
  })
}
