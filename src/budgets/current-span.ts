// The stretch of time a budget counts in now.
//
// What must hold: a wall clock that is set back does not reopen a stretch that was closed, so nothing that was spent
// can be spent once more. A clock that was far ahead and is set right again is believed, or a monthly budget would stay
// closed until the month it showed. The hot path compares two numbers.

import type { BudgetWindow } from './budget.ts'
import type { Span } from './calendar.ts'
import { spanAt } from './span.ts'

/** The largest step back that is taken for a clock that is wrong now, and not for one that was wrong before. */
export const LARGEST_STEP_MS = 86_400_000

export class CurrentSpan {
  readonly #window: BudgetWindow
  #span: Span | undefined

  /** `newestStartMs`: the newest stretch that was ever counted in. */
  constructor (window: BudgetWindow, newestStartMs: number | undefined) {
    this.#window = window
    if (newestStartMs === undefined) return
    this.#span = { startMs: newestStartMs, endMs: spanAt(window, newestStartMs).endMs }
  }

  /** Where a request that was made at `atMs` counts. */
  at (atMs: number): Span {
    const span = this.#span
    if (span && holds(span, atMs)) return span
    const next = spanAt(this.#window, atMs)
    this.#span = next
    return next
  }
}

function holds ({ startMs, endMs }: Span, atMs: number): boolean {
  if (atMs < startMs) return startMs - atMs <= LARGEST_STEP_MS
  return endMs === undefined || atMs < endMs
}
