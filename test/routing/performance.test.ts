// How fast and how reliable a backend has been lately, told from what its calls came to.

import t from 'tap'
import { DAY_MS, FIVE_MINUTES_MS, HALF_HOUR_MS } from '../../src/catalog/measured.ts'
import { createPerformance } from '../../src/routing/performance.ts'
import { manualClock } from '../keys/manual-clock.ts'

const ID = 'groq:a'
const ANSWERED = { durationMs: 1_000, outcome: 'success' } as const
const FAILED = { durationMs: 1_000, outcome: 'failure' } as const

function observed () {
  const clock = manualClock()
  return { clock, performance: createPerformance(clock) }
}

t.test('percentiles are values that were measured, by nearest rank', async (t) => {
  const { performance } = observed()
  for (let firstEventMs = 100; firstEventMs >= 1; firstEventMs--) performance.note(ID, { ...ANSWERED, firstEventMs })
  t.same(performance.latencyMs(ID, FIVE_MINUTES_MS), { p50: 50, p75: 75, p90: 90, p99: 99 })
  t.equal(performance.throughput(ID, FIVE_MINUTES_MS), undefined, 'nobody told a token')
  t.equal(performance.latencyMs('groq:b', FIVE_MINUTES_MS), undefined)
})

t.test('throughput is output tokens over the time of the whole call', async (t) => {
  const { performance } = observed()
  performance.note(ID, { durationMs: 4_000, outputTokens: 200, outcome: 'success' })
  t.match(performance.throughput(ID, FIVE_MINUTES_MS), { p50: 50, p99: 50 })
})

t.test('what is older than the window does not count, and the longer window still has it', async (t) => {
  const { clock, performance } = observed()
  performance.note(ID, { ...ANSWERED, firstEventMs: 900 })
  clock.pass(FIVE_MINUTES_MS - 1)
  performance.note(ID, { ...ANSWERED, firstEventMs: 100 })
  t.match(performance.latencyMs(ID, FIVE_MINUTES_MS), { p50: 100, p99: 900 })
  clock.pass(1)
  t.match(performance.latencyMs(ID, FIVE_MINUTES_MS), { p50: 100, p99: 100 })
  t.match(performance.latencyMs(ID, HALF_HOUR_MS), { p99: 900 })
})

t.test('the newest samples push out the oldest', async (t) => {
  const { performance } = observed()
  performance.note(ID, { ...ANSWERED, firstEventMs: 10_000 })
  for (let call = 0; call < 256; call++) performance.note(ID, { ...ANSWERED, firstEventMs: 5 })
  t.match(performance.latencyMs(ID, FIVE_MINUTES_MS), { p99: 5 })
})

t.test('uptime is the share of successes; few calls say nothing, and ignored ones never do', async (t) => {
  const { performance } = observed()
  for (let call = 0; call < 15; call++) performance.note(ID, ANSWERED)
  for (let call = 0; call < 4; call++) performance.note(ID, FAILED)
  for (let call = 0; call < 50; call++) performance.note(ID, { durationMs: 5, outcome: 'ignored' })
  t.equal(performance.uptime(ID, FIVE_MINUTES_MS), undefined)
  performance.note(ID, FAILED)
  const windows = [FIVE_MINUTES_MS, HALF_HOUR_MS, DAY_MS]
  for (const windowMs of windows) t.equal(performance.uptime(ID, windowMs), 75)
})

t.test('uptime forgets: an outage leaves the five minutes, the half hour and the day one after the other', async (t) => {
  const { clock, performance } = observed()
  const windows = [FIVE_MINUTES_MS, HALF_HOUR_MS, DAY_MS]
  const uptimes = () => windows.map((windowMs) => performance.uptime(ID, windowMs))
  const serve = () => { for (let call = 0; call < 20; call++) performance.note(ID, ANSWERED) }
  for (let call = 0; call < 20; call++) performance.note(ID, FAILED)
  serve()
  t.same(uptimes(), [50, 50, 50])
  clock.pass(10 * 60_000)
  serve()
  t.match(uptimes(), [100, 200 / 3, 200 / 3])
  clock.pass(2 * 60 * 60_000)
  serve()
  t.match(uptimes(), [100, 100, 75])
  clock.pass(DAY_MS)
  t.same(uptimes(), [undefined, undefined, undefined])
})

t.test('a thousand backends are remembered: whoever was not called for the longest time goes', async (t) => {
  const { performance } = observed()
  const sample = { ...ANSWERED, firstEventMs: 1 }
  performance.note('groq:busy', sample)
  performance.note('groq:idle', sample)
  for (let made = 0; made < 999; made++) {
    performance.note(`openai:made-up-${made}`, sample)
    performance.note('groq:busy', sample)
  }
  t.equal(performance.latencyMs('groq:idle', FIVE_MINUTES_MS), undefined)
  t.ok(performance.latencyMs('groq:busy', FIVE_MINUTES_MS))
})
