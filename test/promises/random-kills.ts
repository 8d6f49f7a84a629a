// A broker that is killed again and again in the middle of mixed load, in front of a provider that keeps the truth; and
// the join of that truth with the books.
//
// A row is found by the name its client asked for and the life of the broker it was made in: each has its own names.

import type { Test } from 'tap'
import Database from 'better-sqlite3'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { aibroker } from '../cli/command.ts'
import { compiled } from '../compiled.ts'
import { createRandom } from '../ledger/random.ts'
import { autopsy } from './dying.ts'
import { Counter, latch } from './observe.ts'
import { bookedIn, budgetsIn, configWithNames, trueBills, usd, type Booked, type TrueBills } from './true-bills.ts'

export interface Killing {
  readonly kills: number
  readonly seed: number
  /** Requests at once. */
  readonly clients: number
}

/** Longest time between two kills: answers until the kill, at the most. */
const MOST_ANSWERS = 150
/** Every so many kills hit a broker that is still starting, and perhaps recovering. */
const STARTING_EVERY = 6
const LONGEST_START_MS = 400
/** Every so many kills are looked into before the restart. */
const AUTOPSY_EVERY = 8
const NAMES = 1_024
/** One in so many requests asks the model whose budget is used up on the way. */
const TIGHT_SHARE = 6
const TIGHT_LIMIT_PER_KILL_USD = 0.05

interface Broker {
  readonly child: ChildProcess
  readonly pool: Pool
  /** Number of the start, 0 the first. */
  readonly life: number
}

/** A complete answer. */
interface Delivered {
  readonly id: string
  readonly marker: string
  readonly isStream: boolean
}

interface Run {
  readonly home: string
  readonly truth: TrueBills
  readonly delivered: readonly Delivered[]
  /** When each life of the broker began. */
  readonly startsMs: readonly number[]
  readonly requests: number
  readonly seconds: number
}

export async function killAtRandom (t: Test, killing: Killing): Promise<void> {
  t.comment(`seed ${killing.seed}`)
  const run = await runKills(t, killing)
  const sqlite = new Database(join(run.home, 'aibroker.db'), { readonly: true })
  t.teardown(() => { sqlite.close() })
  expectSound(t, sqlite)
  const rows = bookedIn(sqlite)
  expectJoined(t, rows, run)
  const ids = sqlite.prepare<[], { id: string, status: number, error: string | null }>(
    'SELECT id, status, error FROM request_logs').all()
  expectDelivered(t, ids, run)
  t.ok(run.delivered.length > killing.kills, 'there was work between the kills')
  tell(t, killing, run, { rows, budgets: budgetsIn(sqlite) })
}

async function runKills (t: Test, { kills, seed, clients: atOnce }: Killing): Promise<Run> {
  const random = createRandom(seed)
  const home = mkdtempSync(join(tmpdir(), 'aibroker-kill-'))
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  const truth = await trueBills(t, { fateOf: (marker) => marker.endsWith('7') ? 'again' : 'well' })
  writeFileSync(join(home, 'modelsconfig.yml'), configWithNames(truth.provider, NAMES, ['m', 'tight']))
  await setBudget(t, home, ['all', '--limit', '100000'])
  await setBudget(t, home, ['tight', '--scope', 'model:tight', '--limit', (kills * TIGHT_LIMIT_PER_KILL_USD).toFixed(2)])

  const main = await compiled('src/cli/main.ts')
  const startsMs: number[] = []
  const start = () => {
    startsMs.push(Date.now())
    const child = startBroker(main, home)
    t.teardown(() => { child.kill('SIGKILL') })
    return child
  }
  const delivered: Delivered[] = []
  const answers = new Counter()
  let broker: Broker | undefined
  let isOver = false
  let requests = 0
  let names = 0
  let ready = latch()

  const client = async () => {
    for (;;) {
      if (isOver) return
      if (!broker) await ready.opened
      if (!broker) continue
      const { pool, life } = broker
      if (++names >= NAMES) throw new Error('a life of the broker needs more names')
      const model = `${random.upTo(TIGHT_SHARE - 1) === 0 ? 'tight' : 'm'}${names}`
      const marker = `${life}.${model}`
      const isStream = random.upTo(1) === 0
      requests++
      const id = await ask(pool, { model, user: marker, stream: isStream }).catch(() => undefined)
      if (id === undefined) await new Promise((resolve) => { setImmediate(resolve) })
      else delivered.push({ id, marker, isStream })
      answers.reach()
    }
  }
  const serve = async (child: ChildProcess) => {
    broker = await listening(child, { atOnce, life: startsMs.length - 1 })
    names = 0
    ready.open()
  }

  const startMs = Date.now()
  const clients = Promise.all(Array.from({ length: atOnce }, client))
  for (let kill = 0; kill < kills; kill++) {
    const child = start()
    if (kill % STARTING_EVERY === STARTING_EVERY - 1) {
      await wait(random.upTo(LONGEST_START_MS))
    } else {
      await serve(child)
      await answers.reached(answers.count + 1 + random.upTo(MOST_ANSWERS))
    }
    const dead = once(child, 'exit')
    child.kill('SIGKILL')
    await dead
    if (kill % AUTOPSY_EVERY === 0) autopsy(home, (sqlite) => { expectBudgetsHold(t, sqlite) })
    if (!broker) continue
    ready = latch()
    const { pool } = broker
    broker = undefined
    await pool.destroy()
  }
  isOver = true
  await serve(start())
  await clients
  const seconds = Math.round((Date.now() - startMs) / 1000)
  if (!broker) throw new Error('no broker')
  const { child, pool } = broker as Broker
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [0, null], 'the last broker ends cleanly')
  await pool.destroy()
  return { home, truth, delivered, startsMs, requests, seconds }
}

async function setBudget (t: Test, home: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await aibroker(t, ['budget', 'set', ...args], { home })
  if (code !== 0) throw new Error(stderr)
}

function startBroker (main: string, home: string): ChildProcess {
  return spawn(process.execPath, [main, 'serve', '--port', '0', '--config', join(home, 'modelsconfig.yml')], {
    cwd: home,
    env: {
      PATH: process.env['PATH'], HOME: home, AIBROKER_HOME: home, AIBROKER_LOG_LEVEL: 'error', AIBROKER_SHED_LAG_MS: '0'
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
}

/** Resolves with the first line on stdout, which says where the broker listens. */
async function listening (
  child: ChildProcess, { atOnce, life }: { readonly atOnce: number, readonly life: number }
): Promise<Broker> {
  if (!child.stdout) throw new Error('the broker has no stdout')
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout as NodeJS.ReadableStream).once('line', resolve)
    child.once('exit', (code, signal) => { reject(new Error(`the broker ended at start: ${code ?? signal}`)) })
  })
  const { listen } = JSON.parse(line) as { listen: string }
  return { child, life, pool: new Pool(listen, { connections: atOnce }) }
}

/** The generation id of a complete answer. @throws when it is not complete. */
async function ask (pool: Pool, body: { model: string, user: string, stream: boolean }): Promise<string> {
  const { statusCode, headers, body: answer } = await pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, messages: [{ role: 'user', content: 'hi' }] })
  })
  const text = await answer.text()
  if (statusCode !== 200) throw new Error(`${statusCode}: ${text}`)
  const isWhole = body.stream ? text.endsWith('data: [DONE]\n\n') : JSON.parse(text).id === body.user
  if (!isWhole || !text.includes(body.user)) throw new Error('not complete, or the answer of somebody else')
  return String(headers['x-generation-id'])
}

function sum (rows: readonly Booked[], of: (row: Booked) => bigint): bigint {
  return rows.reduce((total, row) => total + of(row), 0n)
}

/** Whatever moment it is: budgets hold what the rows say, and are not overshot. */
function expectBudgetsHold (t: Test, sqlite: Database.Database): void {
  const rows = bookedIn(sqlite)
  const wrong = budgetsIn(sqlite).filter(({ name, limit, spent, reserved }) => {
    const counted = name === 'all' ? rows : rows.filter(({ marker }) => marker.startsWith(name))
    const isSpentRight = spent === sum(counted, (row) => row.costNanoUsd)
    const isReservedRight = reserved === sum(counted, (row) => row.openNanoUsd)
    return !isSpentRight || !isReservedRight || spent + reserved > limit
  })
  if (wrong.length > 0) t.same(wrong, [], 'P3: budgets hold what the rows say, within their limits')
}

/** At the end, when nothing runs any more. */
function expectSound (t: Test, sqlite: Database.Database): void {
  t.equal(sqlite.pragma('integrity_check', { simple: true }), 'ok')
  t.match(verifyLedger(sqlite), { ok: true, differences: [], open: 0 })
  expectBudgetsHold(t, sqlite)
  t.same(budgetsIn(sqlite).map(({ reserved }) => reserved), [0n, 0n], 'P3: nothing is reserved any more')
}

/** The name a row was asked for under, with the life it was made in. */
function markerOf ({ marker, createdAtMs }: Booked, startsMs: readonly number[]): string {
  return `${startsMs.findLastIndex((startMs) => startMs <= createdAtMs)}.${marker}`
}

/** What the provider received and billed, and what the books have of it. */
function expectJoined (t: Test, rows: readonly Booked[], { truth: { byMarker }, startsMs }: Run): void {
  const byName = new Map(rows.map((row) => [markerOf(row, startsMs), row]))
  t.equal(byName.size, rows.length, 'P2: no request is in the books twice')
  const joined = [...byMarker].map(([marker, billed]) => ({ marker, ...billed, row: byName.get(marker) }))
  t.same(joined.filter(({ calls, row }) => !row || row.attempts < calls), [], 'P1: every call has its row')
  t.same(joined.filter(({ row, nanoUsd }) => row && row.costNanoUsd < nanoUsd), [], 'no call is booked below its bill')
  const wrong = joined.filter(({ row, nanoUsd }) =>
    row && !row.grades.includes('bounded') && row.costNanoUsd !== nanoUsd)
  t.same(wrong, [], 'P4: what is graded as reported is exact')
  const above = rows.filter(({ costNanoUsd, ceilingNanoUsd }) => costNanoUsd > ceilingNanoUsd)
  t.same(above, [], 'nothing is booked above its bound')
  const unsent = rows.filter((row) => row.costNanoUsd > 0n && !byMarker.has(markerOf(row, startsMs)))
  t.same(unsent.filter(({ error }) => error !== 'orphaned'), [], 'only a killed call costs something that was not received')
}

function expectDelivered (
  t: Test, logs: ReadonlyArray<{ readonly id: string, readonly status: number, readonly error: string | null }>,
  { delivered }: Run
): void {
  const byId = new Map<string, string[]>()
  for (const { id, status, error } of logs) byId.set(id, [...byId.get(id) ?? [], `${status} ${error ?? ''}`])
  t.same(delivered.filter(({ id }) => byId.get(id)?.length !== 1), [], 'P2: every complete answer is there exactly once')
  t.same(delivered.filter(({ id }) => byId.get(id)?.[0] !== '200 '), [], 'every complete answer is settled as one')
  t.equal(new Set(delivered.map(({ id }) => id)).size, delivered.length, 'no id was given twice')
}

interface Books {
  readonly rows: readonly Booked[]
  readonly budgets: ReturnType<typeof budgetsIn>
}

function tell (t: Test, { kills, clients }: Killing, run: Run, { rows, budgets }: Books): void {
  const { truth: { byMarker }, delivered, requests, seconds } = run
  const calls = [...byMarker.values()].reduce((total, billed) => total + billed.calls, 0)
  const billed = [...byMarker.values()].reduce((total, { nanoUsd }) => total + nanoUsd, 0n)
  const streams = delivered.filter(({ isStream }) => isStream).length
  const orphans = rows.filter(({ error }) => error === 'orphaned')
  const refused = rows.filter(({ status }) => status === 402).length
  t.comment(`${kills} kills in ${seconds} s with ${clients} requests at once ` +
    `(${Math.floor(kills / STARTING_EVERY)} of them while starting): ${requests} requests made, ${calls} calls received ` +
    `by the provider, ${rows.length} exchanges in the books, ${delivered.length} complete answers (${streams} streams), ` +
    `${orphans.length} exchanges closed by a restart, ${refused} refused by a budget`)
  t.comment(`the provider bills USD ${usd(billed)}, the books say ${usd(sum(rows, (row) => row.costNanoUsd))}, ` +
    `of which ${usd(sum(orphans, (row) => row.costNanoUsd))} are bounds of killed calls`)
  for (const { name, limit, spent, reserved } of budgets) {
    t.comment(`budget ${name}: limit ${usd(limit)}, spent ${usd(spent)}, reserved ${usd(reserved)}`)
  }
}
