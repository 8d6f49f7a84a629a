// The breaker over real HTTP: who rests is not called, and exactly one request finds out whether it is back.

import t from 'tap'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { gateway, post } from '../helper.ts'
import { latch } from '../promises/observe.ts'
import { FIRST, init } from '../promises/setting.ts'
import { chatJson, provider, sseEvents, status, streamed, type Answer } from '../upstreams.ts'

const ASK = { model: 'tiny', messages: [{ role: 'user', content: 'Hi' }] }
const DOWN = status(503, { error: { message: 'out of order' } })

/** Rests end when the test says so; timers are real. */
function standingClock (): Clock & { pass (ms: number): void } {
  let nowMs = 10_000
  return { ...systemClock, monotonicMs: () => nowMs, pass (ms) { nowMs += ms } }
}

async function stage (t: Parameters<typeof provider>[0], hasFallback: boolean) {
  const clock = standingClock()
  const play = { answer: DOWN }
  const primary = await provider(t, (call) => play.answer(call))
  const fallback = await provider(t, chatJson({ content: 'from the fallback' }))
  const backends = [{ url: primary.url }, ...hasFallback ? [{ url: fallback.url }] : []]
  const broker = await gateway(t, { models: { tiny: backends }, clock })
  const send = () => post(`${broker.url}/chat/completions`, ASK)
  const state = () => broker.gateway.health.list().find(({ id }) => id.startsWith('test0:'))?.state
  while (state() !== 'open') await send()
  return { url: broker.url, clock, primary, fallback, send, state, become (answer: Answer) { play.answer = answer } }
}

t.test('when its rest is over one of many requests tries it; the others are told to wait', async (t) => {
  const { clock, primary, send, state, become } = await stage(t, false)
  const before = primary.requests.length
  const { open, opened } = latch()
  const answer = chatJson()
  become(async (call) => {
    await opened
    await answer(call)
  })
  clock.pass(1_200)
  const probe = send()
  await primary.received(before + 1)
  const others = await Promise.all(Array.from({ length: 9 }, send))
  t.same(others.map(({ status }) => status), Array.from({ length: 9 }, () => 503))
  for (const { headers } of others) t.equal(headers.get('retry-after'), '1')
  t.equal(primary.requests.length, before + 1)
  open()
  t.equal((await probe).status, 200)
  t.equal(state(), 'closed')
  const later = await Promise.all(Array.from({ length: 9 }, send))
  t.same(later.map(({ status }) => status), Array.from({ length: 9 }, () => 200))
})

t.test('with a fallback nobody notices: it answers while the primary rests and while it is tried', async (t) => {
  const { clock, primary, send, become } = await stage(t, true)
  const before = primary.requests.length
  for (let time = 0; time < 5; time++) t.equal((await send()).status, 200)
  t.equal(primary.requests.length, before, 'who rests is not called')
  clock.pass(1_200)
  const answers = await Promise.all(Array.from({ length: 10 }, send))
  t.same(answers.map(({ status }) => status), Array.from({ length: 10 }, () => 200))
  t.equal(primary.requests.length, before + 1, 'one tried it, and went on to the fallback when it failed')
  become(chatJson({ content: 'back' }))
  clock.pass(2_400)
  t.equal((await send()).json().choices[0].message.content, 'back')
})

t.test('15: down for a minute and asked every four seconds: every request is answered, few try, and it is back soon', async (t) => {
  const { clock, primary, send, become } = await stage(t, true)
  const before = primary.requests.length
  for (let passedMs = 0; passedMs < 60_000; passedMs += 4_000) {
    t.equal((await send()).status, 200)
    clock.pass(4_000)
  }
  t.ok(primary.requests.length - before <= 6, `${primary.requests.length - before} probes in a minute`)
  become(chatJson({ content: 'back' }))
  let waitedMs = 0
  for (; (await send()).json().choices[0].message.content !== 'back'; waitedMs += 4_000) clock.pass(4_000)
  t.ok(waitedMs <= 28_000, `back after ${waitedMs} ms`)
})

t.test('a stream that has begun lets the others in, and its cut shuts the door again', async (t) => {
  const { clock, url, state, become } = await stage(t, false)
  const { open, opened } = latch()
  become(streamed([FIRST, FIRST], { gapBetween: () => opened }))
  clock.pass(1_200)
  const response = await fetch(`${url}/chat/completions`, init({ ...ASK, stream: true }))
  const events = sseEvents(response)
  t.match((await events.next()).value, { data: /Hel/ })
  t.equal(state(), 'closed')
  open() // the second event is the last one: no terminal event comes
  await t.rejects(async () => { for await (const event of events) t.ok(event) })
  t.equal(state(), 'open')
})
