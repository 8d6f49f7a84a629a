// Signs of life: what a client hears while nothing comes, in which mode, and from which moment on.

import t from 'tap'
import { STREAM_MODES } from '../../src/core/stream-mode.ts'
import { readSettings } from '../../src/settings.ts'
import { chatJson, never } from '../upstreams.ts'
import { byHand, END, ROLE, say } from './by-hand.ts'
import { timed, type Ended } from './timed.ts'

const SILENCE_MS = 900
const ENV = { AIBROKER_KEEP_ALIVE_MS: `${SILENCE_MS}` }
const COMMENT = 'OPENROUTER PROCESSING'
const ANSWERED: Ended = { status: 200, error: null, outcomes: ['answered'] }
const LEFT: Ended = { status: 499, error: 'client_gone', outcomes: ['abandoned'] }
const WAITING = STREAM_MODES.filter((mode) => mode !== 'live')
const modeOf = (mode: string) => ({ 'x-aibroker-stream': mode })

for (const mode of WAITING) {
  t.test(`${mode}, no headers yet: a comment after each silence of that length, and not a moment before`, async (t) => {
    const play = await timed(t, [never()], { env: ENV })
    const caller = await play.ask({ headers: modeOf(mode) })
    await play.pass(SILENCE_MS - 1)
    t.equal(caller.status, 0, 'nothing has begun')
    await play.pass(1)
    t.match(caller, { status: 200, headers: { 'content-type': 'text/event-stream' } })
    t.equal(caller.raw, `: ${COMMENT}\n\n`)
    await play.pass(SILENCE_MS - 1)
    t.same((await caller.stream()).comments, [COMMENT])
    await play.pass(1)
    t.same((await caller.stream()).comments, [COMMENT, COMMENT])
    caller.leave()
    await play.holds(t, [LEFT])
  })

  t.test(`${mode}, headers and a role: they are not an output, and comments come in front of it`, async (t) => {
    const hand = byHand()
    const play = await timed(t, [hand.answer], { env: ENV })
    const caller = await play.ask({ headers: modeOf(mode) })
    await play.pass(SILENCE_MS - 1)
    hand.send(ROLE)
    await play.pass(1)
    t.equal(caller.raw, `: ${COMMENT}\n\n`, 'the role is no sign of life for the client: it waits')
    hand.end(say('Hello') + END)
    await play.until(caller.ended)
    const answer = await caller.stream()
    t.match(answer, { text: 'Hello', isDone: true, error: undefined })
    t.same(answer.comments, [COMMENT])
    await play.holds(t, [ANSWERED])
  })

  t.test(`${mode}: while the broker waits to ask again it gives signs of life too`, async (t) => {
    const hand = byHand()
    let calls = 0
    const play = await timed(t, [(call) => {
      if (calls++ > 0) return hand.answer(call)
      call.response.writeHead(429, { 'retry-after': '2' }).end()
    }], { env: ENV })
    const caller = await play.ask({ headers: modeOf(mode) })
    await play.pass(SILENCE_MS)
    await play.pass(SILENCE_MS)
    t.equal(calls, 1)
    t.same((await caller.stream()).comments, [COMMENT, COMMENT])
    await play.until(hand.called())
    hand.end(ROLE + say('Hello') + END)
    await play.until(caller.ended)
    t.match(await caller.stream(), { text: 'Hello', isDone: true })
    await play.holds(t, [{ ...ANSWERED, outcomes: ['throttled', 'answered'] }])
  })
}

t.test('live: nothing is begun before the first output, however long it takes', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer], { env: ENV })
  const caller = await play.ask({ headers: modeOf('live') })
  hand.send(ROLE)
  await play.pass(40 * SILENCE_MS)
  t.equal(caller.status, 0)
  hand.end(say('Hello') + END)
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: 'Hello', isDone: true, comments: [] })
  await play.holds(t, [ANSWERED])
})

for (const mode of ['live', 'resume'] as const) {
  t.test(`${mode}: between two events too, counted from the last thing written, and never behind the end`, async (t) => {
    const hand = byHand()
    const play = await timed(t, [hand.answer], { env: ENV })
    const caller = await play.ask({ headers: modeOf(mode) })
    hand.send(ROLE + say('Hel'))
    await play.pass(SILENCE_MS - 1)
    hand.send(say('lo'))
    await play.pass(SILENCE_MS - 1)
    t.match(await caller.stream(), { text: 'Hello', comments: [] })
    await play.pass(1)
    t.ok(caller.raw.endsWith(`: ${COMMENT}\n\n`))
    hand.end(END)
    await play.until(caller.ended)
    const whole = caller.raw
    await play.pass(10 * SILENCE_MS)
    t.equal(caller.raw, whole)
    t.match(await caller.stream(), { text: 'Hello', isDone: true, comments: [COMMENT] })
    await play.holds(t, [ANSWERED])
  })
}

t.test('atomic: what is held back is no sign of life', async (t) => {
  const hand = byHand()
  const play = await timed(t, [hand.answer], { env: ENV })
  const caller = await play.ask({ headers: modeOf('atomic') })
  await play.pass(SILENCE_MS / 2)
  hand.send(ROLE + say('Hel'))
  await play.pass(SILENCE_MS / 2)
  t.equal(caller.raw, `: ${COMMENT}\n\n`)
  hand.end(say('lo') + END)
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: 'Hello', isDone: true, comments: [COMMENT] })
  await play.holds(t, [ANSWERED])
})

for (const mode of STREAM_MODES) {
  for (const [why, env, headers] of [
    ['exact relay', ENV, { 'x-aibroker-relay': 'exact' }], ['switched off', { AIBROKER_KEEP_ALIVE_MS: '0' }, {}]
  ] as const) {
    t.test(`${mode}, ${why}: the client gets the provider's bytes and nothing else`, async (t) => {
      const hand = byHand()
      const play = await timed(t, [hand.answer], { env })
      const caller = await play.ask({ headers: { ...modeOf(mode), ...headers } })
      await play.pass(20 * SILENCE_MS)
      t.equal(caller.status, 0)
      hand.send(ROLE + say('Hel'))
      await play.pass(20 * SILENCE_MS)
      hand.end(say('lo') + END)
      await play.until(caller.ended)
      const { text, isDone, comments } = await caller.stream()
      t.same({ text, isDone, comments }, { text: 'Hello', isDone: true, comments: [] })
      if (why === 'exact relay') t.equal(caller.raw, ROLE + say('Hel') + say('lo') + END)
      await play.holds(t, [ANSWERED])
    })
  }
}

t.test('the comment says what the operator wants it to', async (t) => {
  const play = await timed(t, [never()], { env: { ...ENV, AIBROKER_KEEP_ALIVE_TEXT: 'still here: yes' } })
  const caller = await play.ask({ headers: modeOf('resume') })
  await play.pass(SILENCE_MS)
  t.equal(caller.raw, ': still here: yes\n\n')
  caller.leave()
  await play.holds(t, [LEFT])
})

t.test('a comment that would be more than one is refused at the start', async (t) => {
  const read = (text: string) => readSettings({}, { AIBROKER_KEEP_ALIVE_TEXT: text }).keepAliveText
  for (const text of ['a\nb', 'a\rb', 'data: x\n\ndata: y', 'x'.repeat(101)]) t.throws(() => read(text), /one line of at most 100/)
  t.equal(read('x'.repeat(100)).length, 100)
  t.equal(read(''), 'OPENROUTER PROCESSING')
})

t.test('a plain answer is waited for in silence, whatever the mode', async (t) => {
  let answer = () => {}
  const asked = new Promise<void>((resolve) => { answer = resolve })
  const play = await timed(t, [async (call) => {
    await asked
    return chatJson()(call)
  }], { env: ENV })
  const caller = await play.ask({ headers: modeOf('atomic'), body: { stream: false } })
  await play.pass(20 * SILENCE_MS)
  t.equal(caller.status, 0)
  answer()
  await play.until(caller.ended)
  t.match(caller.raw, /^\{/)
  await play.holds(t, [ANSWERED])
})
