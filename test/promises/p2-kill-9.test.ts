// P1 and P2 under `kill -9`: a real broker process is killed again and again in the middle of mixed load. The provider
// lives in this process and keeps its own list of what it was asked; what it saw, what the clients got and what the
// books say must agree.
//
// Seed and number of kills: KILL_SEED and KILLS in the environment repeat or prolong a run.

import t from 'tap'
import Database from 'better-sqlite3'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { compiled } from '../compiled.ts'
import { createRandom } from '../ledger/random.ts'
import { chatJson, provider, recorded, SHAPES, status, type Answer, type Shape } from '../upstreams.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { Counter, latch } from './observe.ts'

const KILLS = Number(process.env['KILLS'] ?? 24)
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const CLIENTS = 32
const LIMIT_MS = 90_000
/** Longest time between two kills: answers until the kill, at the most. */
const MOST_ANSWERS = 150
/** Every so many kills hit a broker that is still starting, and perhaps recovering. */
const STARTING_EVERY = 6
const LONGEST_START_MS = 400

t.setTimeout(LIMIT_MS * 2)

interface Broker {
  readonly child: ChildProcess
  readonly pool: Pool
}

interface Delivered {
  readonly id: string
  readonly marker: string
  readonly isStream: boolean
}

t.test(`P2 ${KILLS} kills in the middle of work lose no call, no answer and no cent`, async (t) => {
  t.comment(`seed ${SEED}`)
  const random = createRandom(SEED)
  const home = mkdtempSync(join(tmpdir(), 'aibroker-kill-'))
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })

  /** The requests the provider received, in order. */
  const asked: Array<{ marker: string, isNamed: boolean }> = []
  const answering = await provider(t, (call) => {
    const { user, stream, model } = call.request.json() as { user: string, stream?: boolean, model: string }
    asked.push({ marker: user, isNamed: model === user })
    if (model === 'shaky' && random.upTo(9) === 0) return status(500)(call)
    return stream ? markedSse(user)(call) : chatJson({ extra: { id: user } })(call)
  })
  writeFileSync(join(home, 'modelsconfig.yml'), configOf(answering.url))
  const main = await compiled('src/cli/main.ts')

  let kills = 0
  let broker: Broker | undefined
  let isOver = false
  t.teardown(() => {
    isOver = true
    broker?.child.kill('SIGKILL')
  })
  let markers = 0
  const delivered: Delivered[] = []
  const answers = new Counter()
  let ready = latch()

  const client = async () => {
    for (;;) {
      if (isOver) return
      if (!broker) await ready.opened
      const { pool } = broker ?? {}
      if (!pool) continue
      const marker = `m${++markers}`
      const isStream = random.upTo(1) === 0
      // Half of the models are named by the marker: such a row tells which request it is from its first commit on.
      const model = random.upTo(1) === 0 ? `test0/${marker}` : 'shaky'
      const id = await ask(pool, { model, user: marker, stream: isStream }).catch(() => undefined)
      if (id === undefined) await new Promise((resolve) => { setImmediate(resolve) })
      else delivered.push({ id, marker, isStream })
      answers.reach()
    }
  }

  const startMs = Date.now()
  const clients = Array.from({ length: CLIENTS }, client)
  while (kills < KILLS) {
    const child = startBroker(main, home)
    if (kills % STARTING_EVERY === STARTING_EVERY - 1) {
      await wait(random.upTo(LONGEST_START_MS))
    } else {
      broker = await listening(child)
      ready.open()
      await answers.reached(answers.count + 1 + random.upTo(MOST_ANSWERS))
    }
    const dead = once(child, 'exit')
    child.kill('SIGKILL')
    kills++
    await dead
    if (!broker) continue
    ready = latch()
    const { pool } = broker
    broker = undefined
    await pool.destroy()
  }
  isOver = true
  broker = await listening(startBroker(main, home))
  ready.open()
  await Promise.all(clients)
  const seconds = Math.round((Date.now() - startMs) / 1000)
  broker.child.kill('SIGTERM')
  t.same(await once(broker.child, 'exit'), [0, null], 'the last broker ends cleanly')
  await broker.pool.destroy()

  const sqlite = new Database(join(home, 'aibroker.db'), { readonly: true })
  t.teardown(() => { sqlite.close() })
  t.equal(sqlite.pragma('integrity_check', { simple: true }), 'ok')
  const report = verifyLedger(sqlite)
  t.same(report.differences, [])
  t.match(report, { ok: true, open: 0 })

  const found = readBooks(sqlite)
  const named = asked.filter(({ isNamed }) => isNamed)
  const unnamed = asked.filter(({ isNamed }) => !isNamed)
  t.same(named.filter(({ marker }) => found.byModel.get(marker) !== 1), [], 'every named request has its row, and no second one')
  const unknown = unnamed.filter(({ marker }) => !found.shakyIds.has(marker))
  t.ok(unknown.length <= found.shakyWithoutId,
    `${unknown.length} requests of unnamed models that have no id are among ${found.shakyWithoutId} attempts without one`)
  t.ok(found.attempts >= asked.length, `${asked.length} requests received, ${found.attempts} attempts in the books`)

  const lost = delivered.filter(({ id }) => found.statuses.get(id)?.length !== 1)
  t.same(lost, [], 'every complete answer is there exactly once')
  const wrong = delivered.filter(({ id }) => found.statuses.get(id)?.[0] !== '200 ')
  t.same(wrong, [], 'every complete answer is settled as one')
  t.equal(new Set(delivered.map(({ id }) => id)).size, delivered.length, 'no id was given twice')
  t.ok(delivered.length > KILLS, 'there was work between the kills')

  const streams = delivered.filter(({ isStream }) => isStream).length
  t.comment(`${kills} kills in ${seconds} s (${Math.floor(KILLS / STARTING_EVERY)} of them while starting); ` +
    `${markers} requests made, ${asked.length} received by the provider, ${report.exchanges} exchanges with ` +
    `${report.attempts} attempts in the books, ${found.orphaned} of them closed by a restart; ` +
    `${delivered.length} complete answers (${streams} streams), 0 lost`)
  t.ok(seconds * 1000 < LIMIT_MS * 2, `it took ${seconds} s`)
})

function configOf (url: string): string {
  const backend = (priority: number) =>
    `      - {provider: test${priority - 1}, model_id: shaky, priority: ${priority}, input_cost: 1, output_cost: 2}\n`
  return 'providers:\n' +
    `  test0: {wire: openai-chat, base_url: "${url}", credential: none}\n` +
    `  test1: {wire: openai-chat, base_url: "${url}", credential: none}\n` +
    `models:\n  shaky:\n    context_window: 128000\n    max_output_tokens: 4096\n    backends:\n${backend(1)}${backend(2)}`
}

function startBroker (main: string, home: string): ChildProcess {
  return spawn(process.execPath, [main, 'serve', '--port', '0', '--config', join(home, 'modelsconfig.yml')], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, AIBROKER_HOME: home, AIBROKER_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
}

/** Resolves with the first line on stdout, which says where the broker listens. */
async function listening (child: ChildProcess): Promise<Broker> {
  if (!child.stdout) throw new Error('the broker has no stdout')
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout as NodeJS.ReadableStream).once('line', resolve)
    child.once('exit', (code, signal) => { reject(new Error(`the broker ended at start: ${code ?? signal}`)) })
  })
  const { listen } = JSON.parse(line) as { listen: string }
  return { child, pool: new Pool(listen, { connections: CLIENTS }) }
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

function markedSse (id: string): Answer {
  const shape: Shape = (options) => {
    const stream = SHAPES.openai(options)
    return { ...stream, frames: stream.frames.map((frame) => frame.replace('"id":"chatcmpl-7"', `"id":"${id}"`)) }
  }
  return recorded(shape, { gapBetween: () => new Promise((resolve) => { setImmediate(resolve) }) })
}

function readBooks (sqlite: Database.Database) {
  const models = sqlite.prepare<[], { model: string, count: number }>(`
    SELECT n.text AS model, count(*) AS count FROM exchanges e JOIN names n ON n.id = e.requested_model
    JOIN attempts a ON a.exchange = e.id WHERE n.text LIKE 'test0/%' GROUP BY 1`).all()
  const shaky = sqlite.prepare<[], { upstreamId: string | null }>(`
    SELECT a.upstream_id AS upstreamId FROM attempts a JOIN backends b ON b.id = a.backend WHERE b.model_id = 'shaky'`).all()
  const logs = sqlite.prepare<[], { id: string, status: number, error: string | null }>(
    'SELECT id, status, error FROM request_logs').all()
  const statuses = new Map<string, string[]>()
  for (const { id, status, error } of logs) {
    statuses.set(id, [...statuses.get(id) ?? [], `${status} ${error ?? ''}`])
  }
  return {
    byModel: new Map(models.map(({ model, count }) => [model.slice('test0/'.length), count])),
    shakyIds: new Set(shaky.map(({ upstreamId }) => upstreamId)),
    shakyWithoutId: shaky.filter(({ upstreamId }) => upstreamId === null).length,
    statuses,
    attempts: Number(sqlite.prepare('SELECT count(*) FROM attempts').pluck().get()),
    orphaned: logs.filter(({ status }) => status === 0).length
  }
}
