// Backends that fail rest, longer each time, and an answer ends it.

import t from 'tap'
import type { Outcome } from '../../src/core/outcome.ts'
import { createHealth } from '../../src/routing/health.ts'
import { manualClock } from '../keys/manual-clock.ts'

const FAILED: Outcome = { kind: 'failed', status: 500, reason: 'answered 500' }
const ANSWERED: Outcome = { kind: 'answered', status: 200 }
const ID = 'openai:gpt-4o'

function observed () {
  const clock = manualClock()
  const health = createHealth({ clock })
  const fail = (times: number, outcome = FAILED, id = ID) => {
    for (let time = 0; time < times; time++) health.note(id, outcome)
  }
  return { clock, health, fail }
}

t.test('two failures mean nothing, three in a row mean five seconds', async (t) => {
  const { clock, health, fail } = observed()
  fail(2)
  t.equal(health.coolingMs(ID), 0)
  fail(1)
  t.equal(health.coolingMs(ID), 5_000)
  clock.pass(4_999)
  t.equal(health.coolingMs(ID), 1)
  clock.pass(1)
  t.equal(health.coolingMs(ID), 0)
  t.equal(health.coolingMs('openai:other'), 0)
})

t.test('after a rest one failure is enough, and each rest is twice the last, up to a minute', async (t) => {
  const { clock, health, fail } = observed()
  fail(2)
  const rests = Array.from({ length: 6 }, () => {
    fail(1)
    const restMs = health.coolingMs(ID)
    clock.pass(restMs)
    return restMs
  })
  t.same(rests, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
})

t.test('an answer makes a backend as good as new', async (t) => {
  const { clock, health, fail } = observed()
  fail(3)
  clock.pass(5_000)
  health.note(ID, ANSWERED)
  fail(2)
  t.equal(health.coolingMs(ID), 0)
  fail(1)
  t.equal(health.coolingMs(ID), 5_000)
})

t.test('calls that were under way when the rest began do not make it longer', async (t) => {
  const { clock, health, fail } = observed()
  fail(50)
  t.equal(health.coolingMs(ID), 5_000)
  clock.pass(5_000)
  fail(1)
  t.equal(health.coolingMs(ID), 10_000)
})

t.test('only what the provider did counts', async (t) => {
  const { health, fail } = observed()
  const others: Outcome[] = [
    { kind: 'refused', status: 400, reason: 'bad' },
    { kind: 'unauthorised', status: 401, reason: 'key' },
    { kind: 'throttled', status: 429, retryAfterMs: 1_000, reason: 'slow' },
    { kind: 'abandoned' }
  ]
  for (const outcome of others) fail(5, outcome)
  t.equal(health.coolingMs(ID), 0)
  const blamed: Outcome[] = [
    { kind: 'stalled', afterMs: 9, reason: 'silent' },
    { kind: 'unreachable', reason: 'refused' },
    { kind: 'cut', reason: 'broke off' }
  ]
  for (const outcome of blamed) fail(1, outcome)
  t.equal(health.coolingMs(ID), 5_000)
})

t.test('a throttled call in between forgives nothing', async (t) => {
  const { health, fail } = observed()
  fail(2)
  fail(1, { kind: 'throttled', status: 429, retryAfterMs: undefined, reason: 'slow' })
  fail(1)
  t.equal(health.coolingMs(ID), 5_000)
})

t.test('names that clients make up push out only the oldest troubles', async (t) => {
  const { health, fail } = observed()
  fail(3)
  for (let number = 0; number < 998; number++) fail(1, FAILED, `openai:made-up-${number}`)
  t.equal(health.coolingMs(ID), 5_000)
  for (let number = 0; number < 10_000; number++) fail(1, FAILED, `openai:made-up-${number}`)
  t.equal(health.coolingMs(ID), 0)
})
