// The sixteen faults as a caller on a raw socket meets them.

import t from 'tap'
import { PLAYS } from '../../src/chaos/plays.ts'
import { textOf } from '../../src/chaos/text.ts'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { call, Caller, chaos, chat, requestOf } from './caller.ts'

const WHOLE = textOf(60)

t.test('every one of the sixteen has its play', async (t) => {
  const faults = new Set([...PLAYS.values()].flatMap(({ faults }) => faults))
  t.same([...faults].sort((a, b) => a - b), Array.from({ length: 16 }, (_, at) => at + 1))
})

t.test('1: 429 with Retry-After once, then a whole answer', async (t) => {
  const server = await chaos(t, { play: 'throttled-once' })
  const first = await call(server)
  t.equal(first.status, 429)
  t.match(first.head, /\r\nretry-after: 2\r\n/)
  t.match(JSON.parse(first.body), { error: { code: 'rate_limit_exceeded' } })
  t.equal((await call(server)).text, WHOLE)
})

t.test('2, 4, 12, 13: the same refusal every time', async (t) => {
  const expected = [
    ['throttled', 429, 'rate_limit_exceeded'], ['down', 503, 'service_unavailable'],
    ['too-long', 400, 'context_length_exceeded'], ['policy', 400, 'content_policy_violation']
  ] as const
  for (const [play, status, code] of expected) {
    const server = await chaos(t, { play })
    for (let time = 0; time < 3; time++) {
      const heard = await call(server)
      t.equal(heard.status, status, play)
      t.match(JSON.parse(heard.body), { error: { code } })
      t.notMatch(heard.head, 'retry-after')
    }
  }
})

t.test('3: 500 once, then a whole answer', async (t) => {
  const server = await chaos(t, { play: 'error-once' })
  t.equal((await call(server)).status, 500)
  t.match(await call(server), { status: 200, text: WHOLE, isWhole: true })
})

t.test('5: a reset before any byte once, then a whole answer', async (t) => {
  const server = await chaos(t, { play: 'reset-once' })
  t.match(await call(server), { bytes: '', wasReset: true })
  t.equal((await call(server)).text, WHOLE)
  t.match(server.calls[0], { isAnswered: false, end: { by: 'provider', wasCancelled: false } })
})

t.test('6: not one byte, however long the wait; the caller that gives up is noted', async (t) => {
  const clock = steppedClock()
  const server = await chaos(t, { play: 'mute', clock })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await until(() => server.calls.length === 1)
  clock.pass(3_600_000)
  t.equal(caller.heard.bytes, '')
  caller.socket.destroy()
  await until(() => server.calls[0]?.end !== undefined)
  t.match(server.calls[0], { bytesSent: 0, isAnswered: false, end: { by: 'caller', wasCancelled: true, monotonicMs: 3_600_000 } })
})

t.test('7: headers at once, the first event after 20 s', async (t) => {
  const clock = steppedClock()
  const server = await chaos(t, { play: 'slow-start', clock })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  const early = await caller.until(({ status }) => status === 200)
  t.equal(early.body, '')
  clock.pass(19_999)
  await turns()
  t.equal(caller.heard.body, '')
  clock.pass(1)
  t.equal((await caller.until(({ isWhole }) => isWhole)).text, WHOLE)
})

t.test('8: 40 of 60 tokens, then the connection closes without an end of the body', async (t) => {
  const server = await chaos(t, { play: 'dies' })
  const heard = await call(server)
  t.match(heard, { status: 200, text: textOf(40), isWhole: false, wasReset: false })
  t.notMatch(heard.body, 'DONE')
  t.match(server.calls[0], { tokensSent: 40, bytesSent: heard.bytes.length, isAnswered: false })

  const once = await chaos(t, { play: 'dies-once' })
  t.same([(await call(once)).text, (await call(once)).text], [textOf(40), WHOLE])
})

t.test('9: silent for 30 s after 20 tokens, then the rest', async (t) => {
  const clock = steppedClock()
  const server = await chaos(t, { play: 'stalls', clock })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await caller.until(({ text }) => text === textOf(20))
  clock.pass(29_999)
  await turns()
  t.equal(caller.heard.text, textOf(20))
  clock.pass(1)
  t.equal((await caller.until(({ isWhole }) => isWhole)).text, WHOLE)
})

t.test('10: noise between events leaves every event whole; a damaged one is not JSON', async (t) => {
  for (const [play, text] of [['noise', /^<<</], ['damaged', /^\{"id"/]] as const) {
    const heard = await call(await chaos(t, { play }))
    const events = heard.body.split('\n\n').filter((event) => event !== '').map((event) => event.replace('data: ', ''))
    const broken = events.filter((event) => event !== '[DONE]' && !isJson(event))
    t.match(broken, [text], play)
    t.equal(broken.length, 1)
    t.equal(heard.text, WHOLE)
    t.ok(heard.isWhole)
  }
})

t.test('11: a whole stream with a clean end and usage, but no [DONE]', async (t) => {
  const heard = await call(await chaos(t, { play: 'no-done' }), { stream_options: { include_usage: true } })
  t.match(heard, { text: WHOLE, isWhole: true })
  t.match(heard.body, '"finish_reason":"stop"')
  t.match(heard.body, '"usage":{"prompt_tokens":2,"completion_tokens":60,"total_tokens":62}')
  t.notMatch(heard.body, 'DONE')
})

t.test('14: an assistant message as the last one is refused, any other is answered', async (t) => {
  const server = await chaos(t, { play: 'refuses-prefill' })
  const messages = [{ role: 'user', content: 'say it' }, { role: 'assistant', content: textOf(40) }]
  const refused = await call(server, { messages })
  t.equal(refused.status, 400)
  t.match(refused.body, 'prefill')
  t.equal((await call(server)).text, WHOLE)
})

t.test('15: 503 for 60 s from the first call on, then whole answers', async (t) => {
  const clock = steppedClock()
  const server = await chaos(t, { play: 'outage', clock })
  clock.pass(500_000) // time before the first call does not count
  const statuses = []
  for (let call_ = 0; call_ < 4; call_++) {
    statuses.push((await call(server)).status)
    clock.pass(20_000)
  }
  t.same(statuses, [503, 503, 503, 200])
})

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function turns (count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => { setImmediate(resolve) })
}

async function until (isSo: () => boolean): Promise<void> {
  while (!isSo()) await turns(1)
}
