// A process with a ledger, for the tests that kill it: tells its parent each id once its promise has resolved.
// Its arguments: the database, and the program of a checkpoint thread; with one, rows are long so that it has work.

import { systemClock } from '../../src/core/clock.ts'
import { createTagSource, systemRandom } from '../../src/core/ids.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { SqliteLedger } from '../../src/ledger/sqlite/ledger.ts'
import { attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'

const AT_ONCE = 16
const tag = createTagSource(systemRandom)
const database = openDatabase(process.argv[2] ?? '', { access: 'owner', durability: 'process' })
const thread = process.argv[3]
const checkpointThread = thread === undefined ? undefined : new URL(thread)
const ledger = new SqliteLedger(database, { clock: systemClock, alarm: console.error, checkpointThread })
ledger.recover(NOON_MS)

async function work (): Promise<void> {
  for (;;) {
    const intent = exchangeIntent({ tag: tag() })
    const exchange = await ledger.open(thread === undefined ? intent : { ...intent, plan: longPlan() }, attemptIntent())
    process.send?.({ opened: exchange.id })
    if (exchange.row % 5 === 0) await ledger.retry(exchange, failed(), attemptIntent({ provider: 'groq' }))
    if (exchange.row % 7 === 0) continue // stays open: its client is still waiting
    await ledger.settle(exchange, settlement())
    process.send?.({ settled: exchange.id })
  }
}

function longPlan (): string {
  return tag().padEnd(32_000, 'x')
}

process.on('message', (message) => {
  if (message === 'work') for (let worker = 0; worker < AT_ONCE; worker++) work().catch(fail)
  if (message === 'close') ledger.close().then(() => { process.disconnect() }, fail)
})
process.send?.({ ready: true })

function fail (error: unknown): void {
  console.error(error)
  process.exit(1)
}
