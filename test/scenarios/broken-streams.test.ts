// Streams that die, carry noise or forget their sentinel, and who can complete them.

import t from 'tap'
import { play as chaosPlay } from '../../src/chaos/play.ts'
import { status } from '../../src/chaos/step.ts'
import { textOf } from '../../src/chaos/text.ts'
import { stage } from '../stage.ts'
import { cleanError, leavesNothing, MODES, rescued, RESCUING, WHOLE } from './whole.ts'

// Fault 8: the stream dies after 40 of 60 tokens, without a terminal event.

const DELIVERED = textOf(40)

t.test('fault 8, live: what was delivered stays, the end is an in-band error and a broken connection', async (t) => {
  for (const dying of ['dies', 'resets-midway', 'cut-in-json', 'cut-in-character', 'cut-in-chunk-size', 'closes-before-end']) {
    const play = await stage(t, { providers: [dying, 'well'] })
    const told = await play.ask({ mode: 'live' })
    cleanError(t, told)
    if (dying === 'dies') t.equal(told.caller.text, DELIVERED)
    t.equal(told.caller.wasCut, true)
    t.equal(told.seen[1]?.calls.length, 0, 'a caller that has heard half is not given to somebody else')
    t.match(told.row, { error: 'stream_cut' })
    await leavesNothing(t, play, told)
  }
})

for (const mode of RESCUING) {
  t.test(`fault 8, ${mode}: a fallback that goes on behind the delivered words completes the answer`, async (t) => {
    const play = await stage(t, { providers: ['dies', 'continues'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.ok(told.attempts.length <= 6)
    await leavesNothing(t, play, told)
  })

  t.test(`fault 8, ${mode}: a fallback that writes the same words anew completes the answer`, async (t) => {
    const play = await stage(t, { providers: ['dies', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    await leavesNothing(t, play, told)
  })

  t.test(`fault 8, ${mode}: without a fallback the same backend may rescue its own stream`, async (t) => {
    const play = await stage(t, { providers: ['dies-once'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.equal(told.seen[0]?.calls.length, 2)
    await leavesNothing(t, play, told)
  })

  t.test(`fault 8, ${mode}: when nobody can rescue it, the answer does not look complete`, async (t) => {
    const play = await stage(t, { providers: ['dies', 'dies'] })
    const told = await play.ask({ mode })
    cleanError(t, told)
    await leavesNothing(t, play, told)
  })
}

t.test('fault 8, atomic: the caller hears nothing of the answer that died', async (t) => {
  const play = await stage(t, { providers: ['dies', 'well'] })
  const told = await play.ask({ mode: 'atomic' })
  const roles = told.caller.raw.match(/"role":"assistant"/g)
  t.equal(roles?.length, 1, 'one beginning')
})

// Fault 10: one event in the middle is not JSON, the rest is fine.

for (const mode of MODES) {
  t.test(`fault 10, ${mode}: noise between whole events is dropped, and the answer is complete`, async (t) => {
    const play = await stage(t, { providers: ['noise', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.notMatch(told.caller.raw, '<<<')
    t.same(told.seen.map(({ calls }) => calls.length), [1, 0], 'nobody else need be asked')
    await leavesNothing(t, play, told)
  })
}

t.test('fault 10, live: a damaged event is a clean error, nothing partial as success', async (t) => {
  const play = await stage(t, { providers: ['damaged', 'well'] })
  const told = await play.ask({ mode: 'live' })
  cleanError(t, told)
  t.same(told.caller.noise, [], 'the damaged event itself is not delivered')
  await leavesNothing(t, play, told)
})

for (const mode of RESCUING) {
  t.test(`fault 10, ${mode}: a damaged event is rescued by the fallback`, async (t) => {
    const play = await stage(t, { providers: ['damaged', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    await leavesNothing(t, play, told)
  })
}

// Fault 11: a complete stream with a clean HTTP end, but without [DONE].

for (const mode of MODES) {
  t.test(`fault 11, ${mode}: the answer is complete at once, with usage`, async (t) => {
    const play = await stage(t, { providers: ['no-done', 'well'] })
    const told = await play.ask({ mode })
    t.match(told.caller, { status: 200, text: WHOLE, finish: 'stop', wasCut: false, error: undefined, noise: [] })
    t.match(told.caller.usage, { completion_tokens: 60 })
    t.ok(told.tookMs <= 100, `nobody waits for a sentinel: ${told.tookMs} ms`)
    t.same(told.seen.map(({ calls }) => calls.length), [1, 0])
    t.match(told.row, { status: 200, error: undefined })
    await leavesNothing(t, play, told)
  })
}

// Fault 14: the stream dies after 40 of 60 tokens, and the fallback refuses an assistant message as the last one.

for (const mode of RESCUING) {
  t.test(`fault 14, ${mode}: the fallback is asked for the whole answer instead, and completes it`, async (t) => {
    const play = await stage(t, { providers: ['dies', 'refuses-prefill'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.notMatch(told.caller.raw, 'prefill')
    await leavesNothing(t, play, told)
  })

  t.test(`fault 14, ${mode}: when that fails as well, the caller hears of the first failure, never of the prefill`, async (t) => {
    const unhelpful = chaosPlay('503, and refuses a prefill', [status(503)], { content: { prefill: 'refuses' } })
    const play = await stage(t, { providers: ['dies', { play: unhelpful }] })
    const told = await play.ask({ mode })
    cleanError(t, told)
    t.notMatch(told.caller.raw, 'prefill')
    await leavesNothing(t, play, told)
  })
}

t.test('fault 14, live: the original failure, and the fallback hears nothing', async (t) => {
  const play = await stage(t, { providers: ['dies', 'refuses-prefill'] })
  const told = await play.ask({ mode: 'live' })
  cleanError(t, told)
  t.equal(told.seen[1]?.calls.length, 0)
  await leavesNothing(t, play, told)
})
