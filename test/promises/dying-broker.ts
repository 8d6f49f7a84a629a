// The real broker, which kills itself with SIGKILL at the moment it was told to. Nothing of it is in the product: the
// pieces are wrapped here before the command is loaded, and undici and node:http tell their own moments.
//
// The parent sends the name of a point; it is answered with the same name, and the first time that point is reached
// afterwards is the process's last. Arguments are those of `aibroker`.

import Database from 'better-sqlite3'
import { subscribe } from 'node:diagnostics_channel'
import { Worker } from 'node:worker_threads'
import { Attempt } from '../../src/exchange/attempt.ts'
import { SqliteLedger } from '../../src/ledger/sqlite/ledger.ts'
import { Opening, Retrying, Settling } from '../../src/ledger/sqlite/writes.ts'

let armed = ''
process.on('message', (point) => {
  armed = String(point)
  process.send?.(point)
})

function reach (point: string): void {
  if (point === armed) process.kill(process.pid, 'SIGKILL')
}

type Method = (this: unknown, ...args: unknown[]) => unknown

interface Around {
  before?: (...args: unknown[]) => void
  after?: (...args: unknown[]) => void
}

/** Calls `before` and `after` around every call of a method, whoever calls it. */
function wrap (prototype: object, name: string, { before, after }: Around): void {
  const methods = prototype as Record<string, Method>
  const original = methods[name] as Method
  methods[name] = function (...args) {
    before?.(...args)
    const value = original.apply(this, args)
    after?.(...args)
    return value
  }
}

wrap(SqliteLedger.prototype, 'open', { before: () => { reach('before the intent') } })
wrap(Opening.prototype, 'apply', { after: () => { reach('intent written, not committed') } })
wrap(Opening.prototype, 'done', { before: () => { reach('intent committed, nothing sent') } })
subscribe('undici:client:connected', () => { reach('connected') })
subscribe('undici:request:bodySent', () => { reach('request sent') })
wrap(Attempt.prototype, 'onHead', { after: () => { reach('headers came') } })
wrap(Retrying.prototype, 'apply', { after: () => { reach('second intent written, not committed') } })
wrap(Retrying.prototype, 'done', { before: () => { reach('second intent committed, nothing sent') } })
wrap(SqliteLedger.prototype, 'settle', { before: () => { reach('before the settlement') } })
wrap(Settling.prototype, 'apply', { after: () => { reach('settlement written, not committed') } })
wrap(Settling.prototype, 'done', { before: () => { reach('settlement committed, end not told') } })
subscribe('http.server.response.finish', () => { reach('answer out') })

/** Events of the stream that is counted: of calls that began after the point was told. */
const events = new WeakMap<object, number>()
const onData = Attempt.prototype.onData
Attempt.prototype.onData = function (chunk) {
  onData.call(this, chunk)
  if (!armed.startsWith('event ')) return reach('first bytes came')
  const seen = (events.get(this) ?? 0) + chunk.toString('latin1').split('\n\n').length - 1
  events.set(this, seen)
  for (let event = 1; event <= seen; event++) reach(`event ${event}`)
}

const { get } = statementsOf()
/** A log of this length is copied, and commits are held for its last pages. */
statementsOf().get = function (...args) {
  const isLength = (this as Database.Statement).source === 'PRAGMA wal_checkpoint(NOOP)'
  return isLength && armed.includes('checkpoint') ? { log: 9_000, checkpointed: 0 } : get.apply(this, args)
}

function statementsOf (): { get: Method } {
  const sqlite = new Database(':memory:')
  const statements = Object.getPrototypeOf(sqlite.prepare('SELECT 1')) as { get: Method }
  sqlite.close()
  return statements
}

let orders = 0
let reports = 0
/** Other threads (those of module loaders) are told other things. */
const isOrder = (order: unknown) => order === 'copy'
const isReport = (event: unknown, report: unknown) =>
  event === 'message' && typeof report === 'object' && report !== null && 'failure' in report

wrap(Worker.prototype, 'postMessage', {
  before: (order) => { if (isOrder(order)) reach(`before order ${++orders} of a checkpoint`) },
  after: (order) => {
    if (!isOrder(order) || orders !== 2 || armed !== 'within a checkpoint') return
    for (const endMs = performance.now() + 0.3; performance.now() < endMs;); // the thread is awake and at work
    reach(armed)
  }
})
wrap(Worker.prototype, 'emit', {
  before: (event, report) => { if (isReport(event, report)) reach(`before report ${++reports} of a checkpoint`) },
  after: (event, report) => { if (isReport(event, report)) reach(`after report ${reports} of a checkpoint`) }
})

await import('../../src/cli/main.ts')
