// Which stretch of time a request counts in, whatever the wall clock does.

import t from 'tap'
import type { BudgetWindow } from '../../src/budgets/budget.ts'
import { CurrentSpan } from '../../src/budgets/current-span.ts'
import { reachMs, spanAt } from '../../src/budgets/span.ts'
import { BELIEVED_AFTER_MS, MOST_AHEAD_MS, SteadyTime } from '../../src/budgets/steady-time.ts'

const HOUR_MS = 3_600_000
const NOON_MS = Date.UTC(2026, 10, 21, 12)
const hourly: BudgetWindow = { kind: 'calendar', every: 'hour', timeZone: 'UTC' }

t.test('a window is over when its end is reached', async (t) => {
  const span = new CurrentSpan(hourly, undefined)
  t.equal(span.at(NOON_MS).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + HOUR_MS - 1).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + HOUR_MS).startMs, NOON_MS + HOUR_MS)
})

t.test('a clock that is set back two hours stays in the newest window, until it has caught up', async (t) => {
  const span = new CurrentSpan(hourly, undefined)
  span.at(NOON_MS)
  t.equal(span.at(NOON_MS - 2 * HOUR_MS).startMs, NOON_MS)
  t.equal(span.at(NOON_MS - 1).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + HOUR_MS).startMs, NOON_MS + HOUR_MS)
})

t.test('the newest window is known again after a restart', async (t) => {
  const span = new CurrentSpan(hourly, NOON_MS)
  t.equal(span.at(NOON_MS - HOUR_MS).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + HOUR_MS - 1).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + HOUR_MS).startMs, NOON_MS + HOUR_MS)
})

t.test('a clock that was 400 days ahead and is set right is believed', async (t) => {
  const span = new CurrentSpan(hourly, NOON_MS + 400 * 24 * HOUR_MS)
  t.equal(span.at(NOON_MS).startMs, NOON_MS)
})

t.test('time that is not believed is counted where it is, and forgotten', async (t) => {
  const span = new CurrentSpan(hourly, undefined)
  t.equal(span.at(NOON_MS).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + 3 * HOUR_MS, true).startMs, NOON_MS + 3 * HOUR_MS)
  t.equal(span.at(NOON_MS + 1).startMs, NOON_MS)
  t.equal(span.at(NOON_MS + HOUR_MS).startMs, NOON_MS + HOUR_MS)
})

t.test('a clock is ahead while it is a minute over the monotonic one, for an hour', async (t) => {
  const now = { wallMs: NOON_MS, steadyMs: 5_000 }
  const time = new SteadyTime({ nowMs: () => now.wallMs, monotonicMs: () => now.steadyMs })
  const isAheadAfter = (steadyMs: number, stepMs: number) => {
    now.steadyMs += steadyMs
    now.wallMs += steadyMs + stepMs
    return time.isAhead()
  }
  t.notOk(isAheadAfter(0, 0))
  t.notOk(isAheadAfter(9 * HOUR_MS, 0), 'nobody asked for hours')
  t.notOk(isAheadAfter(1_000, MOST_AHEAD_MS), 'kept right')
  t.ok(isAheadAfter(1_000, 2 * HOUR_MS))
  t.ok(isAheadAfter(BELIEVED_AFTER_MS - 1, 0))
  t.notOk(isAheadAfter(1_000, -2 * HOUR_MS), 'it came back')
  t.ok(isAheadAfter(0, 2 * HOUR_MS))
  t.notOk(isAheadAfter(BELIEVED_AFTER_MS, 0), 'it stayed')
  t.notOk(isAheadAfter(1_000, 0))
  t.notOk(isAheadAfter(1_000, -HOUR_MS), 'set back')
  t.notOk(isAheadAfter(1_000, HOUR_MS), 'and right again')
  t.notOk(isAheadAfter(1_000, -400 * 24 * HOUR_MS), 'far ahead before')
  t.ok(isAheadAfter(1_000, 2 * HOUR_MS))
})

t.test('a total never ends', async (t) => {
  const span = new CurrentSpan({ kind: 'total' }, undefined)
  t.same(span.at(NOON_MS), { startMs: 0, endMs: undefined })
  t.same(span.at(NOON_MS * 3), { startMs: 0, endMs: undefined })
})

t.test('a rolling window is counted in sixtieths, and reaches back at least its length', async (t) => {
  const window: BudgetWindow = { kind: 'rolling', ms: HOUR_MS }
  t.same(spanAt(window, NOON_MS + 61_500), { startMs: NOON_MS + 60_000, endMs: NOON_MS + 120_000 })
  t.equal(reachMs(window), HOUR_MS)
  t.equal(reachMs({ kind: 'rolling', ms: 100_000 }), 1_667 * 60, 'rounded up')
  t.equal(reachMs(hourly), 0)
})
