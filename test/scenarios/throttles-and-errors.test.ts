// Providers that refuse for a while: throttled, failing, unreachable, and how patiently they are asked again.

import t, { type Test } from 'tap'
import { type Seen, stage } from '../stage.ts'
import { leavesNothing, MODES, rescued, WHOLE } from './whole.ts'

/** Calls to one backend for one question. */
const MOST_TRIES = 6

// Fault 1: 429 with Retry-After: 2 once, then a whole answer.

const ASKED_MS = 1_800

for (const mode of MODES) {
  t.test(`fault 1, ${mode}: the only backend is asked again when the time it named is over`, async (t) => {
    const play = await stage(t, { providers: ['throttled-once'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.equal(told.seen[0]?.calls.length, 2)
    t.ok(told.seen[0]?.gapsMs.every((gapMs) => gapMs >= ASKED_MS), `waited ${told.seen[0]?.gapsMs} ms`)
    t.ok(told.tookMs < 5_000)
    await leavesNothing(t, play, told)
  })

  t.test(`fault 1, ${mode}: with a fallback the caller need not wait, and nobody is asked in a tight loop`, async (t) => {
    const play = await stage(t, { providers: ['throttled-once', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.ok(told.seen[0]?.gapsMs.every((gapMs) => gapMs >= ASKED_MS))
    t.equal(told.seen[1]?.calls.length, told.seen[0]?.calls.length === 1 ? 1 : 0, 'one of the two rescued it')
    await leavesNothing(t, play, told)
  })
}

t.test('fault 1: a wait that is longer than the caller may have to wait is not waited for', async (t) => {
  const play = await stage(t, { providers: ['throttled-for-ages'], env: { AIBROKER_TOTAL_TIMEOUT_MS: '20000' } })
  const told = await play.ask()
  t.equal(told.caller.status, 429)
  t.ok(Number(told.caller.headers['retry-after']) > 0)
  t.equal(told.seen[0]?.calls.length, 1)
  t.ok(told.tookMs <= 20_000)
  await leavesNothing(t, play, told)
})

// Fault 2: 429 without a header, always.

const MOST_TRIES_EARLY = 4
const EARLY_MS = 3_000

for (const mode of MODES) {
  t.test(`fault 2, ${mode}: the fallback answers, and the throttled one is not hammered`, async (t) => {
    const play = await stage(t, { providers: ['throttled', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    patient(t, told.seen[0])
    await leavesNothing(t, play, told)
  })
}

t.test('fault 2: without a fallback the caller gets an honest 429 in bounded time', async (t) => {
  const play = await stage(t, { providers: ['throttled'] })
  const told = await play.ask()
  t.equal(told.caller.status, 429)
  t.ok(Number(told.caller.headers['retry-after']) > 0)
  t.match(told.caller.error, { message: String })
  patient(t, told.seen[0])
  await leavesNothing(t, play, told)
})

t.test('fault 2: requests that follow do not each try the throttled one again at once', async (t) => {
  const play = await stage(t, { providers: ['throttled', 'well'] })
  let tries = 0
  for (let question = 0; question < 10; question++) {
    const told = await play.ask()
    rescued(t, told)
    tries += told.seen[0]?.calls.length ?? 0
    await play.pass(100)
  }
  t.ok(tries <= MOST_TRIES, `${tries} tries in a second`)
})

/** Gaps grow, and there are few tries early and in all. */
function patient (t: Test, seen: Seen | undefined): void {
  const [gaps, calls] = [seen?.gapsMs ?? [], seen?.calls ?? []]
  const firstMs = calls[0]?.monotonicMs ?? 0
  t.ok(calls.length >= 1 && calls.length <= MOST_TRIES, `${calls.length} tries`)
  t.ok(calls.filter(({ monotonicMs }) => monotonicMs - firstMs <= EARLY_MS).length <= MOST_TRIES_EARLY)
  t.ok(gaps.every((gapMs, at) => at === 0 || gapMs > (gaps[at - 1] ?? 0)), `gaps grow: ${gaps.join(', ')}`)
}

// Fault 3: 500 once, then a whole answer.

for (const mode of MODES) {
  for (const providers of [['error-once'], ['error-once', 'well']]) {
    t.test(`fault 3, ${mode}, ${providers.length} backends: the same backend is asked once more and answers`, async (t) => {
      const play = await stage(t, { providers })
      const told = await play.ask({ mode })
      rescued(t, told)
      t.equal(told.seen[0]?.calls.length, 2)
      t.ok((told.seen[0]?.gapsMs[0] ?? 0) > 0, 'after a moment, not at once')
      t.equal(told.seen[1]?.calls.length ?? 0, 0)
      t.match(told.attempts, [{ outcome: 'failed', upstreamStatus: 500 }, { outcome: 'answered' }])
      await leavesNothing(t, play, told)
    })
  }
}

t.test('fault 3: a plain answer is rescued in the same way', async (t) => {
  const play = await stage(t, { providers: ['error-once'] })
  const told = await play.ask({ body: { stream: false, stream_options: undefined } })
  t.match(told.caller, { status: 200, text: WHOLE, wasCut: false })
  t.equal(told.seen[0]?.calls.length, 2)
  await leavesNothing(t, play, told)
})

// Fault 4: 503, always.

for (const mode of MODES) {
  t.test(`fault 4, ${mode}: the fallback answers after few tries`, async (t) => {
    const play = await stage(t, { providers: ['down', 'well'] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.ok((told.seen[0]?.calls.length ?? 0) <= MOST_TRIES)
    t.equal(told.seen[1]?.calls.length, 1)
    t.equal(told.caller.headers['x-aibroker-provider'], 'test1')
    t.ok(told.tookMs < 5_000)
    await leavesNothing(t, play, told)
  })
}

t.test('fault 4: without a fallback the caller gets a 502 that lists every try', async (t) => {
  const play = await stage(t, { providers: ['down'] })
  const told = await play.ask()
  t.equal(told.caller.status, 502)
  const tries = told.seen[0]?.calls.length ?? 0
  t.ok(tries >= 1 && tries <= MOST_TRIES)
  t.match(told.caller.error, { metadata: { attempts: Array.from({ length: tries }, () => ({ provider: 'test0' })) } })
  await leavesNothing(t, play, told)
})

// Fault 5: the connection is reset before any byte once, then a whole answer.

for (const mode of MODES) {
  for (const providers of [['reset-once'], ['reset-once', 'well']]) {
    t.test(`fault 5, ${mode}, ${providers.length} backends: one retry on the same backend`, async (t) => {
      const play = await stage(t, { providers })
      const told = await play.ask({ mode })
      rescued(t, told)
      t.equal(told.seen[0]?.calls.length, 2)
      t.equal(told.seen[1]?.calls.length ?? 0, 0)
      await leavesNothing(t, play, told)
    })
  }
}
