// Which stretch of time a request counts in, whatever the wall clock does.

import t from 'tap'
import type { BudgetWindow } from '../../src/budgets/budget.ts'
import { CurrentSpan } from '../../src/budgets/current-span.ts'
import { reachMs, spanAt } from '../../src/budgets/span.ts'

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
