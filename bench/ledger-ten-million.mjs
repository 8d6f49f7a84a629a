// npm run bench:ledger: a ledger with ten million requests of ninety days, and reports from it while it is written.
//
//   node bench/ledger-ten-million.mjs                the full run (some ten minutes, 4 GB of disk); writes its report
//   node bench/ledger-ten-million.mjs --rows 500000  a smaller one; prints and writes nothing
//
// Reports go over HTTP through the route itself, in the process that writes 1,000 requests a second meanwhile. The
// exit code does not judge the figures.

import Fastify from 'fastify'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

import billing from '../dist/routes/billing.js'
import { systemClock } from '../dist/src/core/clock.js'
import { CHECKPOINT_THREAD } from '../dist/src/ledger/sqlite/checkpoints.js'
import { openDatabase } from '../dist/src/ledger/sqlite/database.js'
import { SqliteLedger } from '../dist/src/ledger/sqlite/ledger.js'
import { createReports } from '../dist/src/ledger/sqlite/reports.js'
import { verifyLedger } from '../dist/src/ledger/sqlite/verify.js'
import { DAYS, fill, keepUp } from './ledger-fill.mjs'
import { startLoad } from './ledger-load.mjs'

const FULL = 10_000_000
const SAMPLE = 100_000
const PER_SECOND = 1_000
const OPEN_ROWS = 1_000
const ROUNDS = 40
const RANGES = ['', '&since=30d', '&since=7d', '&since=24h', '&since=1001h&until=333h']
const TARGETS = { report: 50, size: 1.2, start: 2 }
const REPORT = join(import.meta.dirname, '..', 'docs', 'benchmarks-ledger.md')

const { values: flags } = parseArgs({ options: { rows: { type: 'string', default: String(FULL) } } })
const rows = Number(flags.rows)
const folder = mkdtempSync(join(tmpdir(), 'aibroker-bench-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

const lines = await run()
console.log(lines.join('\n'))
if (rows === FULL) writeFileSync(REPORT, `${lines.join('\n')}\n`)
process.exit()

async function run () {
  say(`a sample of ${SAMPLE} rows is verified`)
  const sample = verifySample()
  say(`${rows} rows are written`)
  const path = join(folder, 'ledger.db')
  const filled = fillFile(path, rows)
  const size = statSync(path).size
  say('reports under load')
  const loaded = await measureReports(path)
  say('start')
  const startMs = await measureStart(path)
  return tell({ sample, filled, size, loaded, startMs })
}

function open (path) {
  return openDatabase(path, { access: 'owner', durability: 'process' })
}

function fillFile (path, count) {
  const database = open(path)
  const { sqlite } = database
  const endMs = Date.now()
  const fillMs = timeOf(() => { fill(sqlite, { rows: count, endMs, say }) })
  const bareBytes = bytesOf(sqlite)
  say('seals and spans')
  let times
  const keepUpMs = timeOf(() => { times = keepUp(sqlite, endMs) })
  const tables = tableSizes(sqlite)
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  return { fillMs, keepUpMs, times, bareBytes, tables }
}

function bytesOf (sqlite) {
  return sqlite.pragma('page_count', { simple: true }) * sqlite.pragma('page_size', { simple: true })
}

function tableSizes (sqlite) {
  return sqlite.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC LIMIT 6').all()
}

function verifySample () {
  const path = join(folder, 'sample.db')
  fillFile(path, SAMPLE)
  const database = open(path)
  const report = verifyLedger(database.sqlite)
  database.close()
  rmSync(path)
  return report
}

async function measureReports (path) {
  const database = open(path)
  const ledger = new SqliteLedger(database, {
    clock: systemClock,
    alarm: (message, error) => { say(`${message} ${error ?? ''}`) },
    checkpointThread: CHECKPOINT_THREAD,
    hasUpkeep: true
  })
  ledger.recover(Date.now())
  const app = Fastify()
  app.decorate('gateway', { ledger, reports: createReports(database.sqlite), clock: systemClock })
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => { request.principal = {} })
  await app.register(billing, { prefix: '/v1' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const load = startLoad(ledger, PER_SECOND)
  const reports = await measureIn(`${url}/v1/billing/usage`)
  const written = await load.stop()
  await app.close()
  await ledger.close()
  return { reports, written }
}

/** The client has a thread of its own. */
async function measureIn (url) {
  const workerData = { url, groups: ['ip', 'key', 'model', 'provider', 'day'], ranges: RANGES, rounds: ROUNDS }
  const worker = new Worker(new URL('./ledger-client.mjs', import.meta.url), { workerData })
  const [reports] = await once(worker, 'message')
  return reports.map(({ times, ...report }) => ({ ...report, p50: quantile(times, 0.5), p95: quantile(times, 0.95) }))
}

/** Time until a broker may serve, with exchanges left open by a crash. */
async function measureStart (path) {
  const before = open(path)
  const ledger = new SqliteLedger(before)
  ledger.recover(Date.now())
  const load = startLoad(ledger, 0)
  await load.leaveOpen(OPEN_ROWS)
  await ledger.close()
  let closed = 0
  let database
  const startMs = timeOf(() => {
    database = open(path)
    closed = new SqliteLedger(database).recover(Date.now())
  })
  database.close()
  if (closed !== OPEN_ROWS) throw new Error(`${closed} exchanges were recovered`)
  return startMs
}

function tell ({ sample, filled, size, loaded, startMs }) {
  const worst = Math.max(...loaded.reports.map(({ p95 }) => p95))
  const gigabytes = size / 1e9
  const mark = (isReached) => isReached ? 'yes' : 'no'
  return [
    '# The ledger at ten million requests',
    '',
    `Written by \`npm run bench:ledger\` on ${new Date().toISOString().slice(0, 10)}: ${rows} exchanges with an attempt each over ` +
      `${DAYS} days, 50 models, 20 keys and 200 addresses (an address uses one key and five models), on ${cpus().length} × ` +
      `${cpus()[0]?.model.trim()}, Node ${process.version}. Reports go over HTTP while ${PER_SECOND} requests a second are written ` +
      `by the same process. Load average of the machine at the end: ${loadavg().map((load) => load.toFixed(1)).join(', ')}.`,
    '',
    '| what | measured | target | reached |',
    '| --- | ---: | ---: | --- |',
    `| slowest report, p95 | ${worst.toFixed(1)} ms | ${TARGETS.report} ms | ${mark(worst <= TARGETS.report)} |`,
    `| size of the file | ${gigabytes.toFixed(2)} GB | ${TARGETS.size} GB | ${mark(gigabytes <= TARGETS.size)} |`,
    `| start with ${OPEN_ROWS} exchanges left open | ${(startMs / 1_000).toFixed(2)} s | ${TARGETS.start} s | ${mark(startMs <= TARGETS.start * 1_000)} |`,
    `| settled meanwhile | ${Math.round(loaded.written.perSecond)} /s, p99 of a commit ${loaded.written.p99.toFixed(1)} ms | ${PER_SECOND} /s | ${mark(loaded.written.perSecond >= 0.98 * PER_SECOND)} |`,
    `| a sample of ${SAMPLE} verified | ${sample.ok ? 'in order' : JSON.stringify(sample.differences)} | in order | ${mark(sample.ok)} |`,
    `| sealing a block of 64 rows, p50 / p99 | ${quantile(filled.times.block, 0.5).toFixed(2)} / ${quantile(filled.times.block, 0.99).toFixed(2)} ms | 0.5 ms | ${mark(quantile(filled.times.block, 0.5) <= 0.5)} |`,
    `| making a span, p50 / longest | ${quantile(filled.times.span, 0.5).toFixed(1)} / ${Math.max(...filled.times.span).toFixed(1)} ms | | |`,
    `| filling; seals and spans | ${(filled.fillMs / 1_000).toFixed(0)} s; ${(filled.keepUpMs / 1_000).toFixed(0)} s | | |`,
    '',
    '| report by | range | p50 | p95 | answer |',
    '| --- | --- | ---: | ---: | ---: |',
    ...loaded.reports.map(({ by, range, bytes, p50, p95 }) =>
      `| ${by} | ${range || 'everything'} | ${p50.toFixed(1)} ms | ${p95.toFixed(1)} ms | ${(bytes / 1024).toFixed(0)} KiB |`),
    '',
    '| table | MB | bytes a request |',
    '| --- | ---: | ---: |',
    ...filled.tables.map(({ name, bytes }) => `| ${name} | ${(bytes / 1e6).toFixed(0)} | ${(bytes / rows).toFixed(1)} |`)
  ]
}

function quantile (values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

function timeOf (work) {
  const beganMs = performance.now()
  work()
  return performance.now() - beganMs
}

function say (text) {
  process.stderr.write(`${text}\n`)
}
