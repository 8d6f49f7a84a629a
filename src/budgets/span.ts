// Which stretch of time a request counts in, for each kind of window.

import type { BudgetWindow } from './budget.ts'
import { calendarSpan, type Span } from './calendar.ts'

/** Buckets of a rolling window: use counts for at least the window and at most a sixtieth longer. */
const ROLLING_BUCKETS = 60

/** The stretch that holds an instant; of a rolling window, one of its buckets. */
export function spanAt (window: BudgetWindow, atMs: number): Span {
  if (window.kind === 'total') return { startMs: 0, endMs: undefined }
  if (window.kind === 'calendar') return calendarSpan(window.every, window.timeZone, atMs)
  const bucketMs = bucketOf(window.ms)
  const startMs = Math.floor(atMs / bucketMs) * bucketMs
  return { startMs, endMs: startMs + bucketMs }
}

/** How far apart two stretches may begin and still count together; 0 except for rolling windows. */
export function reachMs (window: BudgetWindow): number {
  return window.kind === 'rolling' ? bucketOf(window.ms) * ROLLING_BUCKETS : 0
}

function bucketOf (ms: number): number {
  return Math.ceil(ms / ROLLING_BUCKETS)
}
