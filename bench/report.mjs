// Turns the figures of one run into docs/benchmarks.md: verdicts first, every measured figure after them.

import { CLAIMS, isBetter, verdictOf } from './claims.mjs'
import { describeMachine, isPinned, LOAD_CORE, TARGET_CORE } from './machine.mjs'
import { CALM, median, paired, ratio, spread } from './statistics.mjs'

/** How far the control may be from bare before the bench distrusts itself. */
export const TOLERANCE = 0.05

const TITLES = {
  direct: 'provider, directly',
  bare: 'bare',
  control: 'bare, second process',
  aibroker: 'aibroker',
  portkey: '@portkey-ai/gateway'
}

/** Columns of the second table: row, field, title, factor, digits. */
const FIGURES = [
  ['json', 'perSecond', 'plain answers/s', 1, 0],
  ['json', 'cpuUsEach', 'CPU µs per plain request', 1, 1],
  ['latency', 'p50Ms', 'latency p50 at 500/s, ms', 1, 2],
  ['latency', 'p99Ms', 'latency p99 at 500/s, ms', 1, 2],
  ['burst', 'cpuUsEach', 'CPU µs per event, burst', 1, 2],
  ['burst', 'perSecond', 'events/s, burst', 1, 0],
  ['paced', 'cpuUsEach', 'CPU µs per event, paced', 1, 1],
  ['first', 'p50Ms', 'first event p50, ms (20 of them the provider\'s)', 1, 2],
  ['first', 'p99Ms', 'first event p99, ms', 1, 2],
  ['held', 'idleBytes', 'RSS after a warm-up, MB', 1e-6, 0],
  ['held', 'bytesPerStream', 'KiB per held stream', 1 / 1_024, 1],
  ['start', 'rssBytes', 'RSS after the start, MB', 1e-6, 0],
  ['start', 'startMs', 'start to listening, ms', 1, 0]
]

/**
 * @typedef {import('./claims.mjs').Results} Results
 * @typedef {{ results: Results, faults: string[], disturbances: number[], rounds: number, elapsedS: number,
 *   date: string, versions: Record<string, string> }} Run
 * @param {Run} run
 */
export function reportOf (run) {
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench\`, ${run.date}: one run of ${Math.round(run.elapsedS)} s, ${run.rounds} interleaved rounds or more.`,
    '',
    `Machine: ${describeMachine()}. ${pinning()}`,
    calmOf(run.disturbances),
    `Compared: ${Object.entries(run.versions).map(([name, version]) => `${name} ${version}`).join(', ')}.`,
    '',
    '## Targets and verdicts',
    '',
    ...verdictTable(run.results),
    '',
    ...doubts(run),
    '## Figures',
    '',
    'Median of the rounds; in brackets the lowest and the highest round.',
    '',
    ...figureTable(run.results),
    '',
    ...HOW_TO_READ,
    ...selfCheck(run.results),
    ''
  ].join('\n')
}

/** How far the second bare process was from the first, by rows. @param {Results} results */
export function controlOf (results) {
  return ['json', 'burst'].flatMap((row) => {
    const { bare, control } = results[row] ?? {}
    if (!bare?.length || !control?.length) return []
    return ['perSecond', 'cpuUsEach'].map((field) => {
      const figure = paired(control, bare, field, ratio)
      return { row, field, figure, isGood: Math.abs(figure.value - 1) <= TOLERANCE }
    })
  })
}

/** One sentence on the neighbours. @param {readonly number[]} disturbances shares of a core, one per measurement */
export function calmOf (disturbances) {
  const disturbed = disturbances.filter((share) => share > CALM).length
  return `Other processes took ${percent(median(disturbances))} of a core in the median measurement; ` +
    `${disturbed} of ${disturbances.length} stayed above ${percent(CALM)} (disturbed ones are repeated as long as there is time).`
}

function verdictTable (results) {
  const head = ['what', 'target', 'aibroker', 'verdict', '@portkey-ai/gateway', 'better than it?']
  const rows = CLAIMS.filter((claim) => results[claim.row] !== undefined).map((claim) => {
    const ours = claim.figureOf(results, 'aibroker')
    const theirs = claim.figureOf(results, 'portkey')
    return [
      claim.title, targetOf(claim), written(ours, claim), verdictOf(claim, ours),
      written(theirs, claim), isBetter(claim, ours, theirs)
    ]
  })
  return tableOf(head, rows)
}

function targetOf ({ sense, target, wanted, unit, digits }) {
  if (sense === 'none') return '–'
  const sign = sense === 'at least' ? '≥' : '≤'
  const wish = wanted === undefined ? '' : ` (wanted ${wanted.toFixed(digits)})`
  return `${sign} ${target.toFixed(digits)}${unit}${wish}`
}

function figureTable (results) {
  const names = Object.keys(TITLES).filter((name) => Object.values(results).some((row) => row[name]?.length > 0))
  const rows = FIGURES.filter(([row]) => results[row] !== undefined).map(([row, field, title, factor, digits]) => [
    title,
    ...names.map((name) => {
      const rounds = results[row][name] ?? []
      const figure = spread(rounds, (round) => round[field] * factor)
      return written(rounds.length === 0 ? undefined : figure, { unit: '', digits })
    })
  ])
  return tableOf(['', ...names.map((name) => TITLES[name])], rows)
}

/** "0.62 ms (0.60–0.65)"; the range only where there was more than one round. */
function written (figure, { unit, digits }) {
  if (figure === undefined) return '–'
  const text = (value) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const range = figure.low === figure.high ? '' : ` (${text(figure.low)} to ${text(figure.high)})`
  return `${text(figure.value)}${unit}${range}`
}

function tableOf (head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function pinning () {
  if (!isPinned) return 'NOT PINNED (taskset or a second core is missing): trust nothing but large differences.'
  return `Every target runs alone on core ${TARGET_CORE}, provider and load generator on core ${LOAD_CORE}; all on loopback.`
}

/** What a reader must know before believing the table: faults, failed requests, a load generator that was the brake. */
function doubts ({ results, faults }) {
  const failures = Object.entries(results).flatMap(([row, targets]) => Object.entries(targets).map(([name, rounds]) => {
    const count = rounds.reduce((sum, round) => sum + (round.failures ?? 0) + (round.dropped ?? 0), 0)
    return count === 0 ? '' : `${row}: ${count} of the requests or streams of ${TITLES[name]} failed.`
  }))
  const notes = [...faults, ...failures.filter((note) => note !== '')]
  return notes.length === 0 ? [] : ['Faults in this run:', '', ...notes.map((note) => `- ${note}`), '']
}

const HOW_TO_READ = `## How to read this

- Trust ratios, not absolutes: neighbours on a machine move all figures, but within a round they move all targets.
  A ratio is a ratio of medians; the range in brackets is that of the rounds, each compared with its own round.
  Rounds in which neighbours took more than 5 % of a core are left out where at least five calm ones remain; a verdict
  that had to use them says "disturbed", and then throughput, latency and start mean little, CPU and memory still do.
- **bare** is \`bench/bare-proxy.mjs\`: \`node:http\` and undici's \`dispatch\`, no feature at all; it is the reference of
  plain answers and the raw byte relay of streams. **provider, directly** is the load without anything between.
- **aibroker** runs with everything on: a client key with a rate limit, limits per address, a catalog in
  which every model has two backends, the splice of the model's name, usage and costs, two ledger transactions in a
  SQLite file, one log line per request written to a file.
- **@portkey-ai/gateway** is the package from npm, without key, limits or books, told the provider by headers. As
  installed today it answers every stream with 500, because its server package keeps fetch's immutable headers;
  \`bench/portkey-streams.mjs\` repairs that with one copy of the headers per answer.
- Plain answers: 0.8 KB asked, 1.2 KB answered, 64 connections that ask again at once. CPU per request is user and
  system time of the whole process, so it does not depend on how fast the load generator is.
- Latency: requests are sent on a fixed schedule whether answers come or not, and what could not be sent in time counts
  from when it was due (no coordinated omission).
- Streams: events of 250 bytes, each in an HTTP chunk of its own. Burst: 64 streams of 2,000 events as fast as the
  target takes them. Paced: 250 streams, 20 events a second each; system calls dominate there.
- Held streams: a fresh process, warmed up and idle, then 2,000 streams which all got an event and get another every
  two seconds; afterwards the provider ends all of them, and every one has to arrive with its \`[DONE]\`. No garbage
  collection is forced: this is resident memory as the operator sees it. MB is 10⁶ bytes, KiB is 1,024.
- Start: from spawning the process to the first accepted connection, files in the page cache.

\`npm run bench -- --quick\` is a smoke run that writes nothing; \`--only json\` measures one row; \`--self-check\` measures
only the bench itself.
`.split('\n')

function selfCheck (results) {
  const controls = controlOf(results)
  if (controls.length === 0) return []
  const lines = controls.map(({ row, field, figure, isGood }) => {
    const what = field === 'perSecond' ? 'throughput' : 'CPU'
    return `- ${row}, ${what}: ${written(figure, { unit: '', digits: 3 })}${isGood ? '' : ' — **outside**'}`
  })
  const busy = ['json', 'burst'].flatMap((row) => Object.values(results[row] ?? {}).flat()).map((round) => round.loadBusy)
  const bareBusy = (results.json?.bare ?? []).map((round) => round.targetBusy)
  return [
    '## How the bench was checked',
    '',
    'A second process of the bare proxy takes part in the rounds as if it were another gateway. It has to come out at',
    `1.00 ± ${TOLERANCE.toFixed(2)} of the first (\`--self-check\` fails otherwise); in this run:`,
    '',
    ...lines,
    '',
    'The load must not be the brake: bare used ' +
      `${percent(median(bareBusy))} of its core in the plain row, provider and generator together at most ` +
      `${percent(Math.max(...busy))} of theirs in any round of the plain and burst rows.`
  ]
}

function percent (share) {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–'
}
