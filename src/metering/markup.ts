// What the operator takes on top of a cost: the factor is exact, the amount a whole number of nano-dollars.

import type { Factor, NanoUsd } from '../core/money.ts'

/** The part on top of `amount` at a factor of 1 or more, rounded half up: 15 of 100 at 1.15. */
export function markupOn (amount: NanoUsd, { numerator, denominator }: Factor): NanoUsd {
  return (2n * amount * (numerator - denominator) + denominator) / (2n * denominator)
}

/** The part on top within a `sum` that has it already: 15 of 115 at 1.15. */
export function markupIn (sum: NanoUsd, { numerator, denominator }: Factor): NanoUsd {
  return sum * (numerator - denominator) / numerator
}

/** No less than `amount` and what markupOn puts on top of any amount up to it. */
export function withMarkup (amount: NanoUsd, { numerator, denominator }: Factor): NanoUsd {
  return (amount * numerator + denominator - 1n) / denominator
}
