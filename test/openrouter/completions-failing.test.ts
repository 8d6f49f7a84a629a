// Checks 55 and 56 where backends misbehave: a completion told as a chat fails over, breaks off and is paid for as any.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { answerJson, cutAfterBytes, provider, sequence, status, streamed } from '../upstreams.ts'
import { chatOnly, costsOf, mixed, pathsAt, sceneOf, TEXT_ANSWER, TEXT_FRAMES, textOf } from './completions-scene.ts'
import { answered, chunks, DONE, errorOf, firstOf, frame, piece, WELL } from './scene.ts'

const HEL = piece({ content: 'Hel' })
const ERROR_EVENT = frame({ error: { message: 'the GPU fell over', code: 500 } })
const EMPTY = answered({ content: '' }, {}, { usage: { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 } })
const CUTS = [
  ['an error event', chunks(HEL, ERROR_EVENT)],
  ['an end without a terminal event', chunks(HEL)],
  ['a connection that breaks', cutAfterBytes(HEL.length + 20, HEL + piece({ content: 'lo' }))]
] as const

for (const [name, answer] of CUTS) {
  t.test(`56: ${name} in the middle is an error of a completion, and no end is invented (P6)`, async (t) => {
    const scene = await chatOnly(t, [answer, WELL])
    const { values, events } = await scene.stream({ stream_options: { include_usage: true } })
    t.equal(textOf(values), 'Hel')
    const last = values.at(-1) ?? {}
    t.match(last, { object: 'text_completion', error: { code: 502, message: String } })
    t.strictSame(last['choices'], [
      { index: 0, text: '', logprobs: null, finish_reason: 'error', native_finish_reason: 'error' }
    ])
    t.notOk(events.some(({ data }) => data === '[DONE]'))
    t.notOk(values.slice(0, -1).some((value) => firstOf(value)['finish_reason']))
    t.equal(scene.upstreams[1]?.requests.length, 0)
    t.match(costsOf(scene), [{ outcome: 'cut', grade: 'bounded' }])
  })
}

const FIRST_FAILURES = [
  ['a 429', status(429, { error: { message: 'later' } })],
  ['a 500', status(500, { error: { message: 'oh' } })],
  ['an empty answer', EMPTY],
  ['an answer without choices', answerJson({ id: 'x', object: 'chat.completion', choices: [] })],
  ['an error in a 200', answerJson({ error: { message: 'no', code: 500 } })],
  ['half an answer', cutAfterBytes(40, JSON.stringify({ id: 'x', object: 'chat.completion', choices: [] }), 'application/json')]
] as const

for (const [name, answer] of FIRST_FAILURES) {
  t.test(`55: after ${name} the next backend answers`, async (t) => {
    const scene = await chatOnly(t, [answer, answered()])
    const reply = await scene.complete()
    t.equal(firstOf(reply.json())['text'], 'Hello', reply.text)
    t.equal(reply.headers.get('x-aibroker-provider'), 'test1')
    t.same(pathsAt(scene.upstreams[1]), ['/chat/completions'])
  })
}

t.test('56: what breaks before the first text is asked of the next one, unseen', async (t) => {
  for (const answer of [chunks(ERROR_EVENT), chunks(), chunks(piece({}, 'stop'), DONE), status(503), answered()]) {
    const { stream } = await chatOnly(t, [answer, WELL])
    const { values, events } = await stream()
    t.equal(textOf(values), 'Hello')
    t.notOk(values.some(({ error }) => error))
    t.equal(events.at(-1)?.data, '[DONE]')
  }
})

t.test('55: when nobody answers, each attempt is told', async (t) => {
  const { complete } = await chatOnly(t, [EMPTY, EMPTY])
  const reply = await complete()
  t.equal(reply.status, 502)
  t.match(errorOf(reply), { message: /answered without any output/ })
  t.equal(reply.headers.get('x-aibroker-edits'), 'prompt, messages, model')
})

t.test('55: who serves completions fails, who chats answers, and the reverse', async (t) => {
  const failing = status(500, { error: { message: 'oh' } })
  const ownFails = await mixed(t, { own: failing, chats: answered(), priorities: [1, 2] })
  t.equal(firstOf((await ownFails.complete()).json())['text'], 'Hello')
  t.ok(pathsAt(ownFails.upstreams[0]).every((path) => path === '/completions'))
  t.same(pathsAt(ownFails.upstreams[1]), ['/chat/completions'])
  const chatFails = await mixed(t, { own: TEXT_ANSWER, chats: failing, priorities: [2, 1] })
  const reply = await chatFails.complete()
  t.equal(firstOf(reply.json())['text'], 'Native')
  t.equal(reply.headers.get('x-aibroker-edits'), 'model', 'as the client wrote it')
  t.strictSame(chatFails.upstreams[0]?.requests[0]?.json(), { model: 'm-own', prompt: 'Say hello' })
})

t.test('56: the same of streams', async (t) => {
  const own = streamed(TEXT_FRAMES)
  const ownFails = await mixed(t, { own: status(500), chats: WELL, priorities: [1, 2] })
  t.equal(textOf((await ownFails.stream()).values), 'Hello')
  const chatFails = await mixed(t, { own, chats: chunks(ERROR_EVENT), priorities: [2, 1] })
  t.equal(textOf((await chatFails.stream()).values), 'Native')
})

/** Long enough to be recognised when a server repeats it. */
const SHOWN = 'Once upon a time there was'
const REST = ' a princess.'
const CUT = chunks(piece({ content: SHOWN }))
const RESUME = { 'x-aibroker-stream': 'resume' }

t.test('56: in `resume` another backend says the rest, whichever way it is asked', async (t) => {
  const whole = [SHOWN, REST].map((content) => piece({ content }))
  const again = await chatOnly(t, [CUT, chunks(...whole, piece({}, 'stop'), DONE)])
  const told = await again.stream({}, RESUME)
  t.equal(textOf(told.values), SHOWN + REST)
  t.equal(told.events.at(-1)?.data, '[DONE]')
  for (const value of told.values) t.equal(value['object'], 'text_completion')
  t.match(costsOf(again), [{ outcome: 'cut' }, { outcome: 'answered' }])
  const other = TEXT_FRAMES.map((text) => text.replace('"Nat"', JSON.stringify(SHOWN)).replace('"ive"', JSON.stringify(REST)))
  const native = await mixed(t, { own: streamed(other), chats: CUT, priorities: [2, 1] })
  t.equal(textOf((await native.stream({}, RESUME)).values), SHOWN + REST)
})

t.test('56: who writes on behind a text is asked to, in the chat it is told', async (t) => {
  const cut = await provider(t, CUT)
  const writing = await provider(t, chunks(piece({ content: REST }), piece({}, 'stop'), DONE))
  const config = `models:
  m:
    backends:
      - {provider: groq, model_id: one, priority: 1}
      - {provider: mistral, model_id: two, priority: 2}
`
  const env = {
    GROQ_API_KEY: 'gsk-canary', GROQ_BASE_URL: cut.url, MISTRAL_API_KEY: 'canary', MISTRAL_BASE_URL: writing.url
  }
  const { stream } = sceneOf(await gateway(t, { config, env, clock: leapingClock('hasty') }), [cut, writing])
  const { values, events } = await stream({}, RESUME)
  t.equal(textOf(values), SHOWN + REST)
  t.equal(events.at(-1)?.data, '[DONE]')
  const asked = writing.requests[0]?.json()
  t.strictSame(asked?.['messages'], [
    { role: 'user', content: 'Say hello' }, { role: 'assistant', content: SHOWN, prefix: true }
  ])
  t.notOk('prompt' in (asked ?? {}))
})

t.test('56: thoughts that were shown cannot be carried on', async (t) => {
  const { stream, upstreams } = await chatOnly(t, [chunks(piece({ reasoning: 'hm' }), piece({ content: SHOWN })), WELL])
  const { values } = await stream({}, RESUME)
  t.match(values.at(-1), { error: { code: 502 } })
  t.equal(upstreams[1]?.requests.length, 0)
})

t.test('56: `atomic` shows nothing of an answer that broke off', async (t) => {
  const { stream } = await chatOnly(t, [CUT, WELL])
  const { values, response } = await stream({}, { 'x-aibroker-stream': 'atomic' })
  t.equal(textOf(values), 'Hello')
  t.equal(response.headers.get('x-aibroker-provider'), 'test1')
})

const KEYED = { 'idempotency-key': 'k-1' }

t.test('55, 56: an answer is told again under its Idempotency-Key, and from the response cache', async (t) => {
  for (const [body, answer] of [[{}, answered()], [{ stream: true }, WELL]] as Array<[JsonObject, typeof WELL]>) {
    const { complete, upstreams } = await chatOnly(t, [sequence(answer, status(500))])
    const first = await complete(body, KEYED)
    const second = await complete(body, KEYED)
    t.equal(second.text, first.text)
    t.equal(second.headers.get('x-aibroker-idempotent-replay'), 'true')
    t.equal(upstreams[0]?.requests.length, 1)
  }
  const { complete, upstreams } = await chatOnly(t, [sequence(answered(), status(500))])
  await complete({}, { 'x-openrouter-cache': 'true' })
  const hit = await complete({}, { 'x-openrouter-cache': 'true' })
  t.match(hit.json(), { object: 'text_completion', choices: [{ text: 'Hello' }], x_aibroker: { is_cached: true } })
  t.equal(upstreams[0]?.requests.length, 1)
})

t.test('55: usage that nobody told is not invented: the bound of a chat is booked (P5)', async (t) => {
  const scene = await chatOnly(t, [answered({}, {}, { usage: null })])
  const answer = (await scene.complete({ max_tokens: 10 })).json()
  t.notOk('usage' in answer && answer.usage)
  t.equal(answer.x_aibroker.cost_grade, 'bounded')
  const [row] = costsOf(scene)
  t.equal(row?.cost, row?.ceiling)
  t.ok((row?.ceiling ?? 0) > 1_024 * 1_000, 'with room for what the chat puts around the prompt')
})
