// Backends that fail rest, longer each time; then one call at a time finds out whether they are back.

import t from 'tap'
import type { Outcome } from '../../src/core/outcome.ts'
import { createHealth } from '../../src/routing/health.ts'
import { manualClock } from '../keys/manual-clock.ts'

const FAILED: Outcome = { kind: 'failed', status: 503, reason: 'overloaded, dear Ann' }
const ANSWERED: Outcome = { kind: 'answered', status: 200 }
const REFUSED: Outcome = { kind: 'refused', status: 400, reason: 'bad' }
const ABANDONED: Outcome = { kind: 'abandoned' }
const ID = 'openai:gpt-4o'
/** No jitter. */
const MIDDLE = 0.5

function observed (random: () => number = () => MIDDLE) {
  const clock = manualClock()
  const health = createHealth({ clock, random })
  const note = (times: number, outcome: Outcome = FAILED, id = ID) => {
    for (let time = 0; time < times; time++) health.note(id, outcome)
  }
  const claim = (times: number) => Array.from({ length: times }, () => health.claim(ID)).filter(Boolean).length
  /** A whole call. */
  const call = (outcome: Outcome) => {
    const isClaimed = health.claim(ID)
    if (isClaimed) health.note(ID, outcome)
    return isClaimed
  }
  const state = () => health.list().find(({ id }) => id === ID)?.state
  return { clock, health, note, claim, call, state }
}

t.test('two failures mean nothing, three in a row a second of rest', async (t) => {
  const { clock, health, call, state } = observed()
  t.ok(call(FAILED) && call(FAILED))
  t.equal(health.coolingMs(ID), 0)
  t.equal(state(), 'closed')
  t.ok(call(FAILED))
  t.equal(state(), 'open')
  t.equal(health.coolingMs(ID), 1_000)
  t.equal(call(ANSWERED), false, 'nobody is let through')
  clock.pass(999)
  t.equal(health.coolingMs(ID), 1)
  t.equal(call(ANSWERED), false)
  clock.pass(1)
  t.equal(health.coolingMs(ID), 0)
  t.equal(state(), 'half_open')
  t.equal(health.coolingMs('openai:other'), 0)
})

t.test('after the rest exactly one call is let through at a time, and its answer lets everybody through', async (t) => {
  const { clock, health, note, claim, state } = observed()
  note(3)
  clock.pass(1_000)
  t.equal(claim(100), 1)
  t.ok(health.coolingMs(ID) > 0, 'a plan made now leaves the backend out')
  health.note(ID, ANSWERED)
  t.equal(state(), 'closed')
  t.equal(claim(100), 100)
})

t.test('a failed probe makes the rest twice as long, up to twenty seconds', async (t) => {
  const { clock, health, note, call } = observed()
  note(3)
  const rests = Array.from({ length: 7 }, () => {
    const restMs = health.coolingMs(ID)
    clock.pass(restMs)
    t.ok(call(FAILED))
    return restMs
  })
  t.same(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000])
})

t.test('rests differ by chance, by a fifth at most', async (t) => {
  const rest = (chance: number) => {
    const { health, note } = observed(() => chance)
    note(3)
    return health.coolingMs(ID)
  }
  t.equal(rest(0), 800)
  t.equal(Math.round(rest(0.999_999)), 1_200)
})

t.test('an answer makes a backend as good as new', async (t) => {
  const { clock, health, note, call } = observed()
  note(3)
  clock.pass(1_000)
  call(FAILED)
  clock.pass(2_000)
  call(ANSWERED)
  note(2)
  t.equal(health.coolingMs(ID), 0)
  note(1)
  t.equal(health.coolingMs(ID), 1_000)
})

t.test('a probe whose client left or was refused proves nothing: the next request is the probe', async (t) => {
  for (const outcome of [ABANDONED, REFUSED]) {
    const { clock, note, claim, state } = observed()
    note(3)
    clock.pass(1_000)
    t.equal(claim(2), 1)
    note(1, outcome)
    t.equal(state(), 'half_open')
    t.equal(claim(2), 1)
  }
})

t.test('calls that were under way when the rest began change nothing, however they end', async (t) => {
  const { clock, health, note, claim, state } = observed()
  claim(10)
  note(5)
  t.equal(health.coolingMs(ID), 1_000, 'three opened it, two came during the rest')
  note(1, ANSWERED)
  t.equal(health.coolingMs(ID), 1_000)
  clock.pass(1_000)
  note(1)
  t.equal(health.coolingMs(ID), 0, 'one that fails after the rest')
  note(1, ANSWERED)
  t.equal(state(), 'half_open', 'one that was answered after the rest: it began before')
  t.equal(claim(5), 1, 'and the place of the probe is still free')
  note(1)
  t.equal(state(), 'half_open', 'one that fails beside the probe')
  note(1, ANSWERED)
  t.equal(state(), 'closed')
  note(1)
  t.match(health.list(), [{ failures: 0 }], 'and one that fails after it closed')
  note(1)
  t.match(health.list(), [{ failures: 1 }], 'then failures count again')
})

t.test('what is left of an outage cannot hide the next one', async (t) => {
  const { clock, health, note, claim, call } = observed()
  claim(500)
  note(3)
  clock.pass(1_000)
  claim(1)
  note(498, ANSWERED)
  t.equal(health.claim(ID), true)
  for (let time = 0; time < 3; time++) call(FAILED)
  t.ok(health.coolingMs(ID) > 0)
})

t.test('a probe that never ends loses its place after the longest rest', async (t) => {
  const { clock, note, claim, state } = observed()
  note(3)
  clock.pass(1_000)
  t.equal(claim(1), 1)
  clock.pass(19_999)
  t.equal(claim(1), 0)
  clock.pass(1)
  t.equal(claim(2), 1)
  note(1)
  t.equal(state(), 'half_open', 'the lost one fails: nothing new')
  note(1)
  t.equal(state(), 'open')
})

t.test('outcomes of calls that nobody claimed are heard as well', async (t) => {
  const { clock, health, note, state } = observed()
  note(50)
  t.equal(health.coolingMs(ID), 1_000)
  clock.pass(1_000)
  note(1)
  t.equal(health.coolingMs(ID), 2_000)
  clock.pass(2_000)
  note(1, ANSWERED)
  t.equal(state(), 'closed')
})

t.test('only what the provider did counts', async (t) => {
  const { health, note } = observed()
  const others: Outcome[] = [
    REFUSED,
    { kind: 'unauthorised', status: 401, reason: 'key' },
    { kind: 'throttled', status: 429, retryAfterMs: 1_000, reason: 'slow' },
    ABANDONED
  ]
  for (const outcome of others) note(5, outcome)
  t.equal(health.coolingMs(ID), 0)
  const blamed: Outcome[] = [
    { kind: 'stalled', afterMs: 9, reason: 'silent' },
    { kind: 'unreachable', reason: 'refused' },
    { kind: 'cut', reason: 'broke off' }
  ]
  for (const outcome of blamed) note(1, outcome)
  t.equal(health.coolingMs(ID), 1_000)
})

t.test('a throttled call in between forgives nothing', async (t) => {
  const { health, note } = observed()
  note(2)
  note(1, { kind: 'throttled', status: 429, retryAfterMs: undefined, reason: 'slow' })
  note(1)
  t.equal(health.coolingMs(ID), 1_000)
})

t.test('15: with a request every four seconds an outage of a minute costs few probes, and ends 30 s after it at the latest', async (t) => {
  for (const chance of [0, MIDDLE, 0.999_999]) {
    const { clock, call } = observed(() => chance)
    let calls = 0
    for (let passedMs = 0; passedMs < 60_000; passedMs += 4_000) {
      if (call(FAILED)) calls++
      clock.pass(4_000)
    }
    t.ok(calls <= 9, `${calls} calls`)
    let waitedMs = 0
    for (; !call(ANSWERED); waitedMs += 4_000) clock.pass(4_000)
    t.ok(waitedMs <= 28_000, `${waitedMs} ms`)
  }
})

t.test('what is known is told: the provider\'s words to operators, our own to everybody', async (t) => {
  const { clock, health, note } = observed()
  t.same(health.list(), [], 'nothing of backends that were never called')
  note(3)
  clock.pass(250)
  t.same(health.list(), [{
    id: ID,
    state: 'open',
    failures: 3,
    retryInMs: 750,
    lastReason: 'overloaded, dear Ann',
    lastFailureAtMs: 1_800_000_000_000,
    changedAtMs: 1_800_000_000_000
  }])
  t.same(health.restOf(ID), { waitMs: 750, failures: 3, reason: 'answered 503' })
  clock.pass(750)
  t.equal(health.restOf(ID), undefined)
})

t.test('names that clients make up push out only what is well, and at last the oldest', async (t) => {
  const { health, note } = observed()
  note(3)
  for (let number = 0; number < 10_000; number++) note(1, REFUSED, `openai:made-up-${number}`)
  t.equal(health.coolingMs(ID), 1_000)
  t.equal(health.list().length, 1_000)
  for (let number = 0; number < 10_000; number++) note(1, FAILED, `openai:made-up-${number}`)
  t.equal(health.coolingMs(ID), 0)
  t.equal(health.list().length, 1_000)
})
