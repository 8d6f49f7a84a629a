// `resume`: a stream that broke is carried on by another attempt, or ends as the failure that broke it.

import t from 'tap'
import { DONE_FRAME } from '../upstreams/frames.ts'
import { chatSse, cutAfterBytes, errorInStream, sequence, status, streamed, type Answer } from '../upstreams.ts'
import { look } from '../promises/observe.ts'
import { byHand, delta, ROLE, say } from './by-hand.ts'
import { timed, type Ended } from './timed.ts'

const RESUME = { 'x-aibroker-stream': 'resume' }
/** Long enough to be recognised when a server repeats it. */
const SHOWN = 'Once upon a time there was'
const REST = ' a princess.'
const WHOLE = SHOWN + REST
const ANSWERED: Ended = { status: 200, error: null, outcomes: ['answered'] }
const RESCUED: Ended = { ...ANSWERED, outcomes: ['cut', 'answered'] }
const OVERLOADED = errorInStream({ pieces: [SHOWN], error: { message: 'the first cause' } })
const continuing = chatSse({ pieces: [REST] })

const CONTINUING = [
  ['mistral', { role: 'assistant', content: SHOWN, prefix: true }, {}],
  ['vllm', { role: 'assistant', content: SHOWN }, { continue_final_message: true, add_generation_prompt: false }]
] as const

for (const [as, last, members] of CONTINUING) {
  t.test(`${as} is asked in its own way to write on, and the client gets one answer`, async (t) => {
    const play = await timed(t, [OVERLOADED, { as, answer: continuing }])
    const caller = await play.ask({ headers: RESUME })
    await play.until(caller.ended)
    t.match(await caller.stream(), { text: WHOLE, isDone: true, error: undefined })
    t.equal(caller.isCut, false)
    t.equal(new Set((await caller.stream()).values.map(({ id }) => id)).size, 1, 'one id')
    const asked = play.providers[1]?.requests[0]?.json()
    t.match(asked, members)
    t.same(asked?.['messages'], [{ role: 'user', content: 'say it' }, last])
    await play.holds(t, [RESCUED])
  })
}

t.test('what the client has got is input of the attempt that carries it on, and reserved for as such (P3)', async (t) => {
  const shown = 'Once upon a time there was '.repeat(200)
  const broken = errorInStream({ pieces: [shown], error: { message: 'the first cause' } })
  const play = await timed(t, [broken, { as: 'mistral', answer: chatSse({ pieces: [REST] }) }])
  const caller = await play.ask({ headers: RESUME })
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: shown + REST, isDone: true })
  const rows = look(play.broker.home, (sqlite) => sqlite.prepare<[], { nanoUsd: number, tokens: number }>(
    'SELECT ceiling_nano_usd AS nanoUsd, ceiling_tokens AS tokens FROM attempts ORDER BY number').all())
  const grown = (numbers: readonly number[]) => (numbers[1] ?? NaN) - (numbers[0] ?? NaN)
  const addedBytes = grown(play.providers.map(({ requests }) => requests[0]?.bytes.length ?? NaN))
  const reservedTokens = grown(rows.map(({ tokens }) => tokens))
  t.ok(reservedTokens >= addedBytes && reservedTokens < addedBytes + 100, `${reservedTokens} tokens for ${addedBytes} bytes`)
  t.equal(grown(rows.map(({ nanoUsd }) => nanoUsd)), reservedTokens * 1_000, 'at the price of input')
})

t.test('a provider that cannot write on is asked for the whole, and the client gets the part it lacks', async (t) => {
  const play = await timed(t, [OVERLOADED, chatSse({ pieces: ['Once upon', ' a time there was a', ' princess.'] })])
  const caller = await play.ask({ headers: RESUME })
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: WHOLE, isDone: true, error: undefined })
  t.same(play.providers[1]?.requests[0]?.json()['messages'], [{ role: 'user', content: 'say it' }])
  await play.holds(t, [RESCUED])
})

t.test('what was delivered is delivered at once, and a silence is a break like any other', async (t) => {
  const hand = byHand()
  const env = { AIBROKER_BETWEEN_TIMEOUT_MS: '2000' }
  const play = await timed(t, [hand.answer, { as: 'vllm', answer: continuing }], { env })
  const caller = await play.ask({ headers: RESUME })
  hand.send(ROLE + say(SHOWN))
  await play.pass(1_999)
  t.match(await caller.stream(), { text: SHOWN, isDone: false })
  t.equal(play.providers[1]?.requests.length, 0)
  await play.pass(1)
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: WHOLE, isDone: true, error: undefined })
  await play.until(play.providers[0]?.closed() as Promise<void>)
  await play.holds(t, [RESCUED])
})

t.test('an answer may break several times, and each goes on where the one before ended', async (t) => {
  const parts = ['Once upon a time', ' there was', ' a', ' princess.']
  const [first, vllm, mistral] = [byHand(), byHand(), byHand()]
  const play = await timed(t, [
    first.answer, { as: 'vllm', answer: vllm.answer }, { as: 'mistral', answer: mistral.answer }, chatSse({ pieces: [WHOLE] })
  ])
  const caller = await play.ask({ headers: RESUME })
  for (const [at, hand] of [first, vllm, mistral].entries()) {
    await play.until(hand.called())
    hand.send(ROLE + say(parts[at] ?? ''))
    await play.pass(0)
    t.equal((await caller.stream()).text, parts.slice(0, at + 1).join(''))
    hand.cut()
  }
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: WHOLE, isDone: true, error: undefined })
  t.same(play.providers.slice(1, 3).map(({ requests }) => (requests[0]?.json()['messages'] as object[])[1]), [
    { role: 'assistant', content: parts[0] },
    { role: 'assistant', content: 'Once upon a time there was', prefix: true }
  ])
  await play.holds(t, [{ ...ANSWERED, outcomes: ['cut', 'cut', 'cut', 'answered'] }])
})

/** Ways in which nobody can carry it on: each must end in the first cause, and in nothing the client did not have. */
const HOPELESS: Readonly<Record<string, readonly [next: Answer, ...outcomes: string[]]>> = {
  'the next one writes another answer':
    [chatSse({ pieces: ['Once there lived a queen.'] }), 'cut', 'failed', 'failed', 'refused'],
  'the next one ends before what was shown': [chatSse({ pieces: ['Once'] }), 'cut', 'failed', 'failed', 'refused'],
  'the next one refuses': [status(400, { error: { message: 'another cause' } }), 'cut', 'refused'],
  'the next one fails': [status(501, { error: { message: 'another cause' } }), 'cut', 'failed', 'failed', 'refused'],
  'the next one breaks at once': [cutAfterBytes(0, ''), 'cut', 'failed', 'failed', 'refused'],
  'the next one has no credential': [status(401), 'cut', 'unauthorised', 'refused'],
  'the next one is full': [status(429, {}, { 'retry-after': '60' }), 'cut', 'throttled', 'refused']
}

for (const [why, [next, ...outcomes]] of Object.entries(HOPELESS)) {
  t.test(`${why}: the client is told what broke its stream, and not what failed afterwards`, async (t) => {
    const again = status(400, { error: { message: 'another cause' } })
    const play = await timed(t, [sequence(OVERLOADED, again), next])
    const caller = await play.ask({ headers: RESUME })
    await play.until(caller.ended)
    const told = await caller.stream()
    t.match(told, { text: SHOWN, isDone: false, error: { message: /test0: the first cause.*incomplete/ } })
    t.notMatch(caller.raw, 'another cause')
    t.equal(caller.isCut, true, 'P6')
    await play.holds(t, [{ status: 200, error: 'stream_cut', outcomes }])
  })
}

t.test('a sequel that breaks as well adds to what was shown, and still the first cause is told', async (t) => {
  const sequel = errorInStream({ pieces: [SHOWN, ' a'], error: { message: 'another cause' } })
  const play = await timed(t, [sequence(OVERLOADED, status(400)), sequence(sequel, status(400))])
  const caller = await play.ask({ headers: RESUME })
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: `${SHOWN} a`, isDone: false, error: { message: /test0: the first cause/ } })
  t.notMatch(caller.raw, 'another cause')
  t.equal(caller.isCut, true, 'P6')
  await play.holds(t, [{ status: 200, error: 'stream_cut', outcomes: ['cut', 'cut', 'refused'] }])
})

const CALL = { index: 0, id: 'call_1', type: 'function', function: { name: 'pay', arguments: '{"amo' } }
const SHOWN_BEYOND_TEXT: Readonly<Record<string, readonly string[]>> = {
  'half a tool call': [ROLE, delta({ tool_calls: [CALL] })],
  'half a tool call behind words': [ROLE, say(SHOWN), delta({ tool_calls: [CALL] })],
  'half an old function call': [ROLE, delta({ function_call: { name: 'pay', arguments: '{"amo' } })],
  'a refusal': [ROLE, delta({ refusal: 'I cannot' })],
  thoughts: [ROLE, delta({ reasoning_content: 'Hm' }), say(SHOWN)]
}

for (const [what, frames] of Object.entries(SHOWN_BEYOND_TEXT)) {
  t.test(`${what} is never carried on: nobody else is asked, and the client is told`, async (t) => {
    const hand = byHand()
    const play = await timed(t, [hand.answer, { as: 'vllm', answer: continuing }])
    const caller = await play.ask({ headers: RESUME })
    hand.send(frames.join(''))
    await play.pass(0)
    hand.cut()
    await play.until(caller.ended)
    const told = await caller.stream()
    t.match(told, { isDone: false, error: { message: /answer is incomplete/ } })
    t.ok(withoutNames(caller.raw).startsWith(frames.join('')), 'what came stays')
    t.equal(told.events.length, frames.length + 1)
    t.equal(caller.isCut, true, 'P6')
    t.equal(play.providers[1]?.requests.length, 0)
    await play.holds(t, [{ status: 200, error: 'stream_cut', outcomes: ['cut'] }])
  })
}

t.test('a whole tool call behind which only the sentinel is missing is complete, and not carried on', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer, { as: 'vllm', answer: continuing }])
  const caller = await play.ask({ headers: RESUME })
  hand.end([ROLE, delta({ tool_calls: [CALL] }), delta({ tool_calls: [{ index: 0, function: { arguments: 'unt":1}' } }] }),
    delta({}, 'tool_calls')].join(''))
  await play.until(caller.ended)
  t.ok(caller.raw.endsWith(DONE_FRAME))
  t.equal(caller.isCut, false)
  t.equal(play.providers[1]?.requests.length, 0)
  await play.holds(t, [ANSWERED])
})

t.test('a stream that breaks before anything was shown is a failover like in any mode', async (t) => {
  const play = await timed(t, [streamed([ROLE]), { as: 'vllm', answer: chatSse({ pieces: [WHOLE] }) }])
  const caller = await play.ask({ headers: RESUME })
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: WHOLE, isDone: true })
  t.same(play.providers[1]?.requests[0]?.json()['messages'], [{ role: 'user', content: 'say it' }])
  await play.holds(t, [{ ...ANSWERED, outcomes: ['failed', 'failed', 'answered'] }])
})

/** Without what the broker puts in for OpenRouter's clients. */
function withoutNames (raw: string): string {
  return raw.replace(/"provider":"[^"]*",/, '').replace(/"reasoning":"[^"]*","reasoning_details":\[[^\]]*\],/g, '')
}
