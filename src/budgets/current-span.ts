// The stretch of time a budget counts in now.
//
// What must hold: a wall clock that is set back does not reopen a stretch that was closed, so nothing that was spent
// can be spent once more. A clock that was far ahead and is set right again is believed, or a monthly budget would stay
// closed until the month it showed; and of one that is ahead for a while nothing is remembered (steady-time.ts), so
// that an hour is neither skipped nor made longer by it. After a restart the newest stretch in the file counts as seen.
// The hot path compares two numbers.

import type { BudgetWindow } from './budget.ts'
import type { Span } from './calendar.ts'
import { spanAt } from './span.ts'
import { LARGEST_STEP_MS } from './steady-time.ts'

export class CurrentSpan {
  readonly #window: BudgetWindow
  #span: Span | undefined

  /** `newestStartMs`: the newest stretch that was ever counted in. */
  constructor (window: BudgetWindow, newestStartMs: number | undefined) {
    this.#window = window
    if (newestStartMs === undefined) return
    this.#span = { startMs: newestStartMs, endMs: spanAt(window, newestStartMs).endMs }
  }

  /** Where a request that was made at `atMs` counts; `isAhead`: by a clock that is not believed yet. */
  at (atMs: number, isAhead = false): Span {
    const span = this.#span
    if (span && holds(span, atMs)) return span
    const next = spanAt(this.#window, atMs)
    if (!isAhead) this.#span = next
    return next
  }
}

function holds ({ startMs, endMs }: Span, atMs: number): boolean {
  if (atMs < startMs) return startMs - atMs <= LARGEST_STEP_MS
  return endMs === undefined || atMs < endMs
}
