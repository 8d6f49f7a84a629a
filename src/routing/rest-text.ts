// Why a backend rests, in words that stay the same from one request to the next: plans of an outage are recorded with
// them, and equal plans share one row. A backend that is gone for good must not fill the books with its seconds.

import type { Rest } from './health.ts'

const MOST_FAILURES_COUNTED = 10
/** Seconds a wait is rounded up to; the last is above the longest rest (breaker.ts). */
const STEPS_S = [1, 2, 5, 10, 15, 20, 25]

/** Follows "is resting after": `3 failures, next try in 2 s: answered 503`. */
export function restText ({ waitMs, failures, reason }: Rest): string {
  const count = failures > MOST_FAILURES_COUNTED ? `more than ${MOST_FAILURES_COUNTED}` : failures
  const seconds = STEPS_S.find((step) => waitMs <= step * 1_000) ?? Math.ceil(waitMs / 1_000)
  return `${count} failures, next try in ${seconds} s: ${reason}`
}
