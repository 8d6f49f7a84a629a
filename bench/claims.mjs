// What the broker promises about its speed, each promise as data: where its figure comes from and what it has to reach.

import { difference, paired, ratio, spread } from './statistics.mjs'

/**
 * @typedef {import('./statistics.mjs').Figure} Figure
 * @typedef {import('./statistics.mjs').Round} Round
 * @typedef {Record<string, Record<string, Round[]>>} Results by row and target
 *
 * @typedef {object} Claim
 * @property {string} row
 * @property {string} title
 * @property {'at least' | 'at most' | 'none'} sense `none`: for information
 * @property {number} [target] what has to be reached
 * @property {number} [wanted]
 * @property {string} unit
 * @property {number} digits
 * @property {'higher' | 'lower'} better
 * @property {(results: Results, target: string) => Figure | undefined} figureOf undefined: not measured
 */

/** @type {readonly Claim[]} */
export const CLAIMS = [
  {
    row: 'json',
    title: 'plain answers a second, × bare',
    sense: 'at least',
    target: 0.45,
    wanted: 0.60,
    unit: '',
    digits: 2,
    better: 'higher',
    figureOf: against('json', 'perSecond', 'bare', ratio)
  },
  {
    row: 'json',
    title: 'the same by CPU: CPU per request of bare ÷ its own',
    sense: 'at least',
    target: 0.45,
    wanted: 0.60,
    unit: '',
    digits: 2,
    better: 'higher',
    figureOf: against('json', 'cpuUsEach', 'bare', (own, bare) => bare / own)
  },
  {
    row: 'latency',
    title: 'added latency, p50 at 500 requests/s, over the provider asked directly',
    sense: 'at most',
    target: 0.6,
    unit: ' ms',
    digits: 2,
    better: 'lower',
    figureOf: against('latency', 'p50Ms', 'direct', difference)
  },
  {
    row: 'burst',
    title: 'CPU per streamed event, as fast as they come, × raw relay',
    sense: 'at most',
    target: 2.0,
    wanted: 1.5,
    unit: '',
    digits: 2,
    better: 'lower',
    figureOf: against('burst', 'cpuUsEach', 'bare', ratio)
  },
  {
    row: 'paced',
    title: 'CPU per streamed event, 250 streams at 20 events/s, × raw relay',
    sense: 'none',
    unit: '',
    digits: 2,
    better: 'lower',
    figureOf: against('paced', 'cpuUsEach', 'bare', ratio)
  },
  {
    row: 'first',
    title: 'added time to the first event, p99 at 100 streams/s, over the provider asked directly',
    sense: 'at most',
    target: 3,
    unit: ' ms',
    digits: 2,
    better: 'lower',
    figureOf: against('first', 'p99Ms', 'direct', difference)
  },
  {
    row: 'held',
    title: 'memory per held stream above idle',
    sense: 'at most',
    target: 40,
    unit: ' KiB',
    digits: 1,
    better: 'lower',
    figureOf: own('held', (round) => round.bytesPerStream / 1_024)
  },
  {
    row: 'held',
    title: 'held streams that did not come to their end',
    sense: 'at most',
    target: 0,
    unit: '',
    digits: 0,
    better: 'lower',
    figureOf: own('held', (round) => round.dropped)
  },
  {
    row: 'start',
    title: 'resident memory when idle after the start',
    sense: 'at most',
    target: 120,
    unit: ' MB',
    digits: 0,
    better: 'lower',
    figureOf: own('start', (round) => round.rssBytes / 1e6)
  },
  {
    row: 'start',
    title: 'process start to listening',
    sense: 'at most',
    target: 0.7,
    unit: ' s',
    digits: 2,
    better: 'lower',
    figureOf: own('start', (round) => round.startMs / 1_000)
  }
]

/** @param {Claim} claim @param {Figure | undefined} figure */
export function verdictOf (claim, figure) {
  if (figure === undefined) return 'not measured'
  if (claim.sense === 'none') return 'for information'
  const reaches = (bar) => claim.sense === 'at least' ? figure.value >= bar : figure.value <= bar
  const doubt = figure.isCalm ? '' : ' (disturbed)'
  if (!reaches(claim.target)) return `**not reached**${doubt}`
  return (claim.wanted !== undefined && reaches(claim.wanted) ? 'reached, the wanted too' : 'reached') + doubt
}

/** "yes", "equal" or "**no**"; NaN counts as no. @param {Claim} claim */
export function isBetter (claim, ours, theirs) {
  if (ours === undefined || theirs === undefined) return 'not measured'
  if (ours.value === theirs.value) return 'equal'
  return (claim.better === 'higher') === (ours.value > theirs.value) ? 'yes' : '**no**'
}

function against (row, field, reference, compare) {
  return (results, target) => {
    const [own, other] = [target, reference].map((name) => results[row]?.[name] ?? [])
    return own.length === 0 || other.length === 0 ? undefined : paired(own, other, field, compare)
  }
}

function own (row, read) {
  return (results, target) => {
    const rounds = results[row]?.[target] ?? []
    return rounds.length === 0 ? undefined : spread(rounds, read)
  }
}
