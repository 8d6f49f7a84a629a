// npm run bench: measures the broker beside a bare proxy and another gateway, in interleaved rounds of one run.
//
//   node bench/run.mjs               the full run (below six minutes); writes docs/benchmarks.md and prints it
//   node bench/run.mjs --quick       a smoke run of one short round; writes nothing
//   node bench/run.mjs --only json   one row: start, held, json, latency, burst, paced or first; writes nothing
//   node bench/run.mjs --self-check  bare against a second bare; exit code 1 when they differ by more than 5 %
//
// The exit code does not judge the figures: it is 1 only when the bare proxy or the broker could not be measured.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { FULL, QUICK, ROWS, warmUp } from './rows.mjs'
import { hasProc, isPinned, pinSelf } from './machine.mjs'
import { calmest, loadCore, targetCore, watchNeighbours } from './neighbours.mjs'
import { calmOf, controlOf, reportOf } from './report.mjs'
import { RECIPES, killAll, startProvider, startTarget } from './targets.mjs'

const root = join(import.meta.dirname, '..')
const ROUND_TIMEOUT_MS = 60_000
/** Time for repeating what neighbours on the machine disturbed. */
const SPARE_MS = 25_000

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, 'self-check': { type: 'boolean' } }
})

process.on('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

process.exitCode = await main()

/** @returns {Promise<number>} the exit code */
async function main () {
  if (!hasProc) return refuse('CPU and memory are read from /proc: the bench needs Linux')
  const rows = chosenRows()
  if (rows.length === 0) return refuse(`--only takes one of ${ROWS.map((row) => row.name).join(', ')}`)
  if (!isPinned) say('taskset or a second core is missing: nothing is pinned, the figures mix target and load')
  pinSelf()
  const beganMs = performance.now()
  const effort = flags.quick ? QUICK : FULL
  const provider = await startProvider()
  const budget = { spareMs: flags.quick ? 0 : SPARE_MS }
  const run = { results: {}, faults: [], broken: new Set(), disturbances: [], budget }
  try {
    for (const row of rows.filter((row) => row.isFresh)) await measureFresh(row, { provider, effort }, run)
    await measureLasting(rows.filter((row) => !row.isFresh), { provider, effort }, run)
  } finally {
    await provider.stop()
  }
  return conclude({ ...run, rounds: effort.rounds, elapsedS: (performance.now() - beganMs) / 1_000 })
}

function chosenRows () {
  if (flags.only !== undefined) return ROWS.filter((row) => row.name === flags.only)
  if (!flags['self-check']) return ROWS
  const checked = ROWS.filter((row) => row.targets.includes('control'))
  return checked.map((row) => ({ ...row, targets: ['bare', 'control'] }))
}

/** Rows about a process that has just started: each round starts its targets anew. */
async function measureFresh (row, bench, run) {
  await eachRound(row, bench.effort, run, async (name) => {
    let target
    const neighbours = watchNeighbours([targetCore(() => target?.cpuMs() ?? 0)])
    try {
      target = await startTarget(RECIPES[name], bench.provider.port)
      const figures = await inTime(row.measure(target, bench))
      return { figures, disturbance: neighbours() }
    } finally {
      await target?.stop()
    }
  })
}

/** Rows about warm processes: all targets stay up, only the one that is asked has work. */
async function measureLasting (rows, bench, run) {
  const targets = { direct: bench.provider }
  const names = new Set(rows.flatMap((row) => row.targets).filter((name) => name !== 'direct' && !run.broken.has(name)))
  try {
    for (const name of names) {
      await guarded(name, 'start', run, async () => {
        targets[name] = await startTarget(RECIPES[name], bench.provider.port)
        say(`warm-up ${name}`)
        await inTime(warmUp(targets[name], bench))
      })
    }
    for (const row of rows) await eachRound(row, bench.effort, run, (name) => measureWarm(row, targets[name], bench))
  } finally {
    for (const target of Object.values(targets)) if (target !== bench.provider) await target.stop()
  }
}

async function measureWarm (row, target, bench) {
  const load = loadCore(bench.provider)
  const cores = target === bench.provider ? [load] : [load, targetCore(target.cpuMs)]
  const neighbours = watchNeighbours(cores)
  const figures = await inTime(row.measure(target, bench))
  return { figures, disturbance: neighbours() }
}

/** A B C A B C …; a target that failed once is left out of what follows, and the report says why. */
async function eachRound (row, effort, run, measure) {
  const results = run.results[row.name] = Object.fromEntries(row.targets.map((name) => [name, []]))
  for (let round = 1; round <= row.rounds(effort); round++) {
    for (const name of row.targets.filter((name) => !run.broken.has(name))) {
      await guarded(name, row.name, run, async () => {
        const { figures, disturbance } = await calmest(() => measure(name), run.budget)
        results[name].push({ ...figures, disturbance })
        run.disturbances.push(disturbance)
        say(`${row.name} ${round}/${row.rounds(effort)} ${name}: ${brief({ ...figures, disturbance })}`)
      })
    }
  }
}

async function guarded (name, what, run, work) {
  try {
    await work()
  } catch (error) {
    run.broken.add(name)
    run.faults.push(`${name} could not be measured (${what}): ${error.message}`)
    say(run.faults.at(-1))
  }
}

function inTime (work) {
  return new Promise((resolve, reject) => {
    const alarm = setTimeout(() => reject(new Error(`no result within ${ROUND_TIMEOUT_MS} ms`)), ROUND_TIMEOUT_MS)
    work.then(resolve, reject).finally(() => clearTimeout(alarm))
  })
}

function conclude (run) {
  const isSound = !run.broken.has('bare') && !run.broken.has('aibroker')
  if (flags['self-check']) return concludeSelfCheck(run)
  const report = reportOf({ ...run, date: new Date().toISOString().slice(0, 10), versions: versions() })
  process.stdout.write(report)
  const isFull = flags.quick !== true && flags.only === undefined
  if (isFull && isSound) {
    mkdirSync(join(root, 'docs'), { recursive: true })
    writeFileSync(join(root, 'docs/benchmarks.md'), report)
  }
  if (isFull && !isSound) say('docs/benchmarks.md was not written: a needed target could not be measured')
  return isSound ? 0 : 1
}

function concludeSelfCheck ({ results, disturbances }) {
  const controls = controlOf(results)
  const lines = controls.map(({ row, field, figure, isGood }) => {
    const range = `${figure.low.toFixed(3)} to ${figure.high.toFixed(3)}`
    return `${isGood ? 'ok' : 'NOT OK'} ${row} ${field}: second bare ÷ bare = ${figure.value.toFixed(3)} (${range})`
  })
  process.stdout.write([...lines, calmOf(disturbances), ''].join('\n'))
  return controls.length === 4 && controls.every((control) => control.isGood) ? 0 : 1
}

function versions () {
  return Object.fromEntries(['.', 'node_modules/undici', 'node_modules/@portkey-ai/gateway'].flatMap((folder) => {
    try {
      const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
      return [[name, version]]
    } catch {
      return []
    }
  }))
}

function brief (figures) {
  return Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ')
}

function say (line) {
  process.stderr.write(`${line}\n`)
}

function refuse (reason) {
  say(reason)
  return 1
}
