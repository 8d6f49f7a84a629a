// The few statistics of the bench: medians, because neighbours on the machine disturb single rounds, and ranges.

/** @param {readonly number[]} values @param {number} share 0.5: the median @returns {number} NaN when there are none */
export function quantile (values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) return NaN
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)]
  const above = sorted[Math.ceil(at)]
  return below + (above - below) * (at - Math.floor(at))
}

/** @param {readonly number[]} values */
export function median (values) {
  return quantile(values, 0.5)
}

/**
 * Medians of two series by rounds, divided or subtracted, and the range of the same within single rounds.
 * @param {readonly number[]} ours @param {readonly number[]} theirs @param {(a: number, b: number) => number} compare
 * @returns {Figure}
 *
 * @typedef {{ value: number, low: number, high: number }} Figure
 */
export function paired (ours, theirs, compare) {
  const each = ours.slice(0, theirs.length).map((value, round) => compare(value, theirs[round]))
  return { value: compare(median(ours), median(theirs)), low: Math.min(...each), high: Math.max(...each) }
}

/** @param {readonly number[]} values @returns {Figure} */
export function spread (values) {
  return { value: median(values), low: Math.min(...values), high: Math.max(...values) }
}

export const ratio = (a, b) => a / b
export const difference = (a, b) => a - b
