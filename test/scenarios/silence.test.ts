// Providers that say nothing: before the headers, before the first event, in the middle of a stream.

import t from 'tap'
import { textOf } from '../../src/chaos/text.ts'
import { stage } from '../stage.ts'
import { cleanError, leavesNothing, MODES, rescued, RESCUING } from './whole.ts'

/** What turns and steps of the clock may add to a deadline. */
const SLACK_MS = 1_000

// Fault 6: the provider accepts the request and never answers.

const FIRST_BYTE_MS = 2_000

for (const mode of MODES) {
  t.test(`fault 6, ${mode}: the fallback answers behind the first-byte deadline; the silent one is asked once`, async (t) => {
    const play = await stage(t, { providers: ['mute', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.equal(told.seen[0]?.calls.length, 1, 'a silent backend is not asked again')
    t.same(told.seen[0]?.cancelled, [true], 'and hears that nobody waits any more')
    t.ok(told.tookMs >= FIRST_BYTE_MS && told.tookMs <= FIRST_BYTE_MS + SLACK_MS, `took ${told.tookMs} ms`)
    t.match(told.attempts, [{ outcome: 'stalled' }, { outcome: 'answered' }])
    await leavesNothing(t, play, told)
  })
}

t.test('fault 6: without a fallback the caller hears of it in bounded time, and the backend was asked once', async (t) => {
  const play = await stage(t, { providers: ['mute'] })
  const told = await play.ask()
  t.equal(told.caller.status, 502)
  t.equal(told.seen[0]?.calls.length, 1)
  t.ok(told.tookMs <= FIRST_BYTE_MS + SLACK_MS)
  await leavesNothing(t, play, told)
})

// Fault 7: headers at once, the first event after 20 s.

const FIRST_EVENT_MS = 3_000
const SLOW_START_MS = 20_000

for (const mode of MODES) {
  t.test(`fault 7, ${mode}: the fallback answers behind the first-event deadline, and the slow call is cancelled`, async (t) => {
    const play = await stage(t, { providers: ['slow-start', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.ok(told.tookMs >= FIRST_EVENT_MS && told.tookMs <= FIRST_EVENT_MS + SLACK_MS, `took ${told.tookMs} ms`)
    t.same(told.seen[0]?.cancelled, [true])
    t.match(told.attempts, [{ outcome: 'stalled' }, { outcome: 'answered' }])
    await leavesNothing(t, play, told)
  })
}

t.test('fault 7: comments are not an event: they do not hold the deadline off', async (t) => {
  const play = await stage(t, { providers: ['comments-only', 'well'] })
  const told = await play.ask()
  rescued(t, told)
  t.ok(told.tookMs <= FIRST_EVENT_MS + SLACK_MS)
  t.same(told.seen[0]?.cancelled, [true])
})

t.test('fault 7: where the deadlines allow it, the slow one is waited for', async (t) => {
  const env = { AIBROKER_FIRST_EVENT_TIMEOUT_MS: '30000', AIBROKER_BETWEEN_TIMEOUT_MS: '30000' }
  const play = await stage(t, { providers: ['slow-start'], env })
  const told = await play.ask()
  rescued(t, told)
  t.equal(told.seen[0]?.calls.length, 1)
  t.ok(told.tookMs >= SLOW_START_MS)
})

// Fault 9: the stream goes silent for 30 s after 20 tokens, with the connection open.

const BETWEEN_MS = 2_000

t.test('fault 9, live: the stall is noticed inside the between-events deadline and told in-band', async (t) => {
  const play = await stage(t, { providers: ['stalls', 'well'] })
  const told = await play.ask({ mode: 'live' })
  cleanError(t, told)
  t.equal(told.caller.text, textOf(20))
  t.ok(told.tookMs >= BETWEEN_MS && told.tookMs <= BETWEEN_MS + SLACK_MS, `took ${told.tookMs} ms`)
  t.same(told.seen[0]?.cancelled, [true], 'the stalled call is cancelled')
  await leavesNothing(t, play, told)
})

for (const mode of RESCUING) {
  for (const fallback of ['continues', 'well']) {
    t.test(`fault 9, ${mode}: the fallback (${fallback}) completes the answer, and the stalled call is cancelled`, async (t) => {
      const play = await stage(t, { providers: ['stalls', fallback] })
      const told = await play.ask({ mode })
      rescued(t, told)
      t.ok(told.tookMs >= BETWEEN_MS && told.tookMs <= BETWEEN_MS + SLACK_MS, `took ${told.tookMs} ms`)
      t.equal(told.seen[0]?.calls.length, 1, 'a silent backend is not asked again')
      t.same(told.seen[0]?.cancelled, [true])
      await leavesNothing(t, play, told)
    })
  }
}

t.test('fault 9: a silence that the deadline allows is no stall', async (t) => {
  const play = await stage(t, { providers: ['stalls'], env: { AIBROKER_BETWEEN_TIMEOUT_MS: '40000' } })
  const told = await play.ask()
  rescued(t, told)
  t.ok(told.tookMs >= 30_000)
})
