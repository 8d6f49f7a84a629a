// The few statistics of the bench: medians, because neighbours on the machine disturb single rounds, and ranges.

/** The share of a core that neighbours may take before a measurement counts as disturbed. */
export const CALM = 0.05
const ENOUGH_ROUNDS = 5

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
 * Medians of two series, divided or subtracted, and the range of the same within single rounds. Rounds in which
 * neighbours disturbed either are left out when enough calm ones remain.
 * @param {readonly Round[]} ours @param {readonly Round[]} theirs
 * @param {string} field @param {(a: number, b: number) => number} compare
 * @returns {Figure}
 *
 * @typedef {{ value: number, low: number, high: number, isCalm: boolean }} Figure
 * @typedef {Record<string, number> & { disturbance: number }} Round
 */
export function paired (ours, theirs, field, compare) {
  const all = ours.slice(0, theirs.length).map((round, at) => [round, theirs[at]])
  const calm = all.filter((pair) => pair.every((round) => round.disturbance <= CALM))
  const isCalm = calm.length >= ENOUGH_ROUNDS
  const pairs = isCalm ? calm : all
  const each = pairs.map(([own, other]) => compare(own[field], other[field]))
  const [own, other] = [0, 1].map((side) => median(pairs.map((pair) => pair[side][field])))
  return { value: compare(own, other), low: Math.min(...each), high: Math.max(...each), isCalm }
}

/**
 * The median and range of one series; calm when all its rounds were.
 * @param {readonly Round[]} rounds @param {(round: Round) => number} read
 * @returns {Figure}
 */
export function spread (rounds, read) {
  const values = rounds.map(read)
  const isCalm = rounds.every((round) => round.disturbance <= CALM)
  return { value: median(values), low: Math.min(...values), high: Math.max(...values), isCalm }
}

export const ratio = (a, b) => a / b
export const difference = (a, b) => a - b
