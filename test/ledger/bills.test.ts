// What a cost is the sum of is in the books, and the price it was made by, whole, once.

import { createHash } from 'node:crypto'
import t from 'tap'
import { makePrice } from '../../src/catalog/price-document.ts'
import { readRate } from '../../src/core/money.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

const PRICE = makePrice({ input: readRate('2.5', 1_000_000n), output: readRate('10', 1_000_000n) })
const PRICED = { priceVersion: PRICE.version, priceDocument: PRICE.document }

t.test('lines, our own sum and the markup are read back as they were booked', async (t) => {
  const { ledger, reports } = sqliteBooks(t)
  const lineItems = 'tier=200000;input:250000:1500000000;output:800:18000000'
  const exchange = await ledger.open(exchangeIntent(), attemptIntent(PRICED))
  const attempt = answered({ cost: 1_518_000_000n, lineItems, computed: 1_000_000_000n, markup: 227_700_000n })
  await ledger.settle(exchange, settlement({ attempt }))
  t.match(reports.exchange(exchange.id)?.attempts, [{
    costNanoUsd: 1_518_000_000n, lineItems, computedNanoUsd: 1_000_000_000n, markupNanoUsd: 227_700_000n
  }])
})

t.test('what there is none of is NULL, and absent', async (t) => {
  const { ledger, reports, database: { sqlite } } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.settle(exchange, settlement())
  const row = sqlite.prepare('SELECT line_items, computed_nano_usd, markup_nano_usd FROM attempts').raw().get()
  t.same(row, [null, null, null])
  const [attempt] = reports.exchange(exchange.id)?.attempts ?? []
  t.same([attempt?.lineItems, attempt?.computedNanoUsd, attempt?.markupNanoUsd], [undefined, undefined, undefined])
  t.same(sqlite.prepare('SELECT * FROM prices').all(), [], 'a price without a document is not kept')
})

t.test('a price is kept whole when it is first used, and its version is the digest of it', async (t) => {
  const { ledger, database: { sqlite } } = sqliteBooks(t)
  for (const [at, modelId] of ['one', 'two', 'one'].entries()) {
    await ledger.open(exchangeIntent(), attemptIntent({ ...PRICED, modelId, startedAtMs: NOON_MS + at }))
  }
  const kept = sqlite.prepare<[], { version: string, document: string }>(
    'SELECT version, document, first_used_at_ms FROM prices').all()
  t.same(kept, [{ version: PRICE.version, document: 'input=2500/1;output=10000/1', first_used_at_ms: NOON_MS }])
  for (const { version, document } of kept) {
    t.equal(createHash('sha256').update(document).digest('hex').slice(0, 16), version)
  }
})

t.test('an amount that is no plausible markup is refused', async (t) => {
  const { ledger } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  await t.rejects(ledger.settle(exchange, settlement({ attempt: answered({ markup: -1n }) })))
})
