// A process with a ledger, for the tests that kill it: tells its parent each id once its promise has resolved.

import { createTagSource, systemRandom } from '../../src/core/ids.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { SqliteLedger } from '../../src/ledger/sqlite/ledger.ts'
import { attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'

const AT_ONCE = 16
const tag = createTagSource(systemRandom)
const database = openDatabase(process.argv[2] ?? '', { access: 'owner', durability: 'process' })
const ledger = new SqliteLedger(database)
ledger.recover(NOON_MS)

async function work (): Promise<void> {
  for (;;) {
    const exchange = await ledger.open(exchangeIntent({ tag: tag() }), attemptIntent())
    process.send?.({ opened: exchange.id })
    if (exchange.row % 5 === 0) await ledger.retry(exchange, failed(), attemptIntent({ provider: 'groq' }))
    if (exchange.row % 7 === 0) continue // stays open: its client is still waiting
    await ledger.settle(exchange, settlement())
    process.send?.({ settled: exchange.id })
  }
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
