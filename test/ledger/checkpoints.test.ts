// Checkpoints beside the event loop: the log is copied by a thread, begins anew under load, and needs no thread.

import t, { type Test } from 'tap'
import Database from 'better-sqlite3'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BACKSTOP_PAGES, RESTART_PAGES, WORTH_PAGES } from '../../src/ledger/sqlite/checkpoints.ts'
import { compiled } from '../compiled.ts'
import { attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { databasePath, sqliteBooks, temporaryFolder, unrecoveredBooks, type SqliteBooks } from './sqlite-books.ts'
import { tickingClock } from './ticking-clock.ts'

t.setTimeout(120_000) // it writes a few hundred megabytes

const OWN_PAGES = 4_000
const THREAD = pathToFileURL(await compiled('src/ledger/sqlite/checkpoint-thread.ts'))

/** Books whose timers wait for the test. */
function threadedBooks (t: Test, checkpointThread = THREAD) {
  const clock = tickingClock()
  const alarms: string[] = []
  const alarm = (message: string) => { alarms.push(message) }
  return { ...sqliteBooks(t, databasePath(t), NOON_MS, { clock, alarm, checkpointThread }), clock, alarms }
}

/** A thread whose program is `text`. */
function threadOf (t: Test, text: string): URL {
  const file = join(temporaryFolder(t), 'thread.mjs')
  writeFileSync(file, `import { parentPort } from 'node:worker_threads'\n${text}\n`)
  return pathToFileURL(file)
}

/** Says that it has copied and has not; then it is the real one. So the log is still long, as it is under load. */
const LATE = `parentPort.once('message', async () => {
  await import('${THREAD.href}')
  parentPort.postMessage({})
})`

function lengthOf (sqlite: Database.Database) {
  const [length] = sqlite.pragma('wal_checkpoint(NOOP)') as Array<{ log: number, checkpointed: number }>
  return length ?? { log: 0, checkpointed: 0 }
}

function commitsCheckpointAt (sqlite: Database.Database): unknown {
  return sqlite.pragma('wal_autocheckpoint', { simple: true })
}

/** Some two hundred pages: each plan is another one and fills four. */
async function write ({ ledger }: SqliteBooks): Promise<void> {
  await Promise.all(Array.from({ length: 50 }, async () => {
    const plan = `${Math.random()}`.padEnd(16_000, 'x')
    await ledger.settle(await ledger.open(exchangeIntent({ plan }), attemptIntent()), settlement())
  }))
}

async function fill (books: SqliteBooks, pages: number): Promise<void> {
  while (lengthOf(books.database.sqlite).log < pages) await write(books)
}

async function until (isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => { setImmediate(resolve) })
}

t.test('a long log is copied by the thread, a short one is left alone', async (t) => {
  let threads = 0
  const count = () => { threads++ }
  process.on('worker', count)
  t.teardown(() => { process.off('worker', count) })
  const books = threadedBooks(t)
  const { database: { sqlite }, clock } = books
  await fill(books, WORTH_PAGES / 4)
  await clock.tick()
  t.equal(threads, 0, 'nothing to copy, no thread')
  t.equal(commitsCheckpointAt(sqlite), BACKSTOP_PAGES)

  await fill(books, WORTH_PAGES)
  t.equal(clock.waiting, 1, 'one look for all commits since the last one')
  await clock.tick()
  await until(() => lengthOf(sqlite).checkpointed >= WORTH_PAGES)
  t.equal(threads, 1)
  t.match(books.verify(), { ok: true, open: 0 })
  t.same(books.alarms, [])
})

t.test('a log that is long even behind a copy begins anew, and what came meanwhile is committed', async (t) => {
  const books = threadedBooks(t, threadOf(t, LATE))
  const { database: { sqlite }, ledger, clock } = books
  await fill(books, RESTART_PAGES)
  await clock.tick()
  await until(() => lengthOf(sqlite).checkpointed >= RESTART_PAGES)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  t.ok(lengthOf(sqlite).log < 20, `${lengthOf(sqlite).log} pages`)
  await ledger.settle(exchange, settlement())
  t.match(books.verify(), { ok: true, open: 0 })
  t.same(books.alarms, [])
})

t.test('commits wait for the copy that lets the log begin anew, but not for long', async (t) => {
  const books = threadedBooks(t, threadOf(t, `
    let copies = 0
    parentPort.on('message', (order) => {
      if (order === 'stop') parentPort.close()
      else if (++copies === 1) parentPort.postMessage({})
    })`))
  const { ledger, clock } = books
  await fill(books, RESTART_PAGES)
  const isThere = books.reader().sqlite.prepare('SELECT status FROM exchanges WHERE id = ?').pluck()
  await clock.tick()
  await until(() => clock.waiting === 1) // for the end of the second copy, which never comes

  let isOpen = false
  const opening = ledger.open(exchangeIntent(), attemptIntent()).finally(() => { isOpen = true })
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(isOpen, false)
  await clock.tick()
  const { row } = await opening
  t.equal(isThere.get(row), null, 'it is committed and runs')
})

t.test('flush and close do not wait', async (t) => {
  const books = threadedBooks(t, threadOf(t, `
    let copies = 0
    parentPort.on('message', (order) => {
      if (order === 'stop') parentPort.close()
      else if (++copies === 1) parentPort.postMessage({})
    })`))
  const { ledger, clock, path } = books
  await fill(books, RESTART_PAGES)
  await clock.tick()
  await until(() => clock.waiting === 1)
  const opening = ledger.open(exchangeIntent(), attemptIntent())
  await ledger.flush()
  const settling = ledger.settle(await opening, settlement())
  await ledger.close()
  t.equal(await settling, 'committed')
  t.notOk(existsSync(`${path}-wal`))
})

for (const [what, text] of [
  ['ends', 'parentPort.on("message", () => { process.exit(3) })'],
  ['throws', 'parentPort.on("message", () => { throw new Error("out of luck") })'],
  ['cannot start', 'import "./nowhere.mjs"'],
  ['takes too much memory', 'const all = []; for (;;) all.push(Array.from({ length: 1000 }, () => ({})))']
] as const) {
  t.test(`a thread that ${what} is told once, and commits write checkpoints again`, async (t) => {
    const books = threadedBooks(t, threadOf(t, text))
    const { database: { sqlite }, clock, alarms } = books
    await fill(books, WORTH_PAGES)
    await clock.tick()
    await until(() => alarms.length > 0)
    t.equal(commitsCheckpointAt(sqlite), OWN_PAGES)
    let longest = 0
    for (let log = 1; log > longest; log = lengthOf(sqlite).log) {
      longest = log
      await write(books)
    }
    t.ok(Math.abs(longest - OWN_PAGES) < 400, `a commit copied the log when it had ${longest} pages`)
    t.equal(clock.waiting, 0, 'nothing is looked at any more')
    t.match(alarms, [/thread that writes checkpoints .* ended/])
    t.match(books.verify(), { ok: true })
  })
}

t.test('closing leaves one file, and no thread', async (t) => {
  const books = threadedBooks(t)
  const { database: { sqlite }, ledger, clock, path } = books
  await fill(books, WORTH_PAGES)
  await clock.tick()
  await ledger.close() // the thread is starting, or in the middle of its copy
  t.notOk(existsSync(`${path}-wal`))
  t.notOk(existsSync(`${path}-shm`))
  t.equal(clock.waiting, 0)
  t.equal(sqlite.open, false)
  t.same(books.alarms, [])
})

t.test('a process that is killed while its thread copies has lost nothing it said', async (t) => {
  const path = databasePath(t)
  for (let round = 1; round <= 2; round++) {
    const broker = fork(join(import.meta.dirname, 'broker-process.ts'), [path, THREAD.href], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc']
    })
    t.teardown(() => broker.kill('SIGKILL'))
    await once(broker, 'message')
    const settled: string[] = []
    const sqlite = new Database(path)
    let enough = Infinity
    const isEnough = new Promise<void>((resolve) => {
      broker.on('message', (message: { settled?: string }) => {
        if (message.settled) settled.push(message.settled)
        if (enough === Infinity && lengthOf(sqlite).checkpointed > 0) enough = settled.length + 30 * round
        if (settled.length >= enough) resolve()
      })
    })
    broker.send('work')
    await isEnough
    broker.kill('SIGKILL')
    await once(broker, 'close')
    sqlite.close()

    const { ledger, reports, verify } = unrecoveredBooks(t, path)
    ledger.recover(NOON_MS)
    t.same(settled.filter((id) => reports.exchange(id)?.status !== 200), [], `round ${round}, ${settled.length} settled`)
    t.match(verify(), { ok: true, differences: [], open: 0 })
    await ledger.close()
  }
})
