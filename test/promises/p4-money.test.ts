// P4: money is whole nano-USD; the version of the price used is stored with the row; sums never drift.

import t from 'tap'
import { formatUsd, priceOf, readRate, type Rate } from '../../src/core/money.ts'
import { createRandom } from '../ledger/random.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'

const EXCHANGES = 2_000
const HOUR_MS = 3_600_000
const ALL = { by: 'model', sinceMs: undefined, untilMs: undefined, ip: undefined } as const

t.test('P4 sums of random prices and counts are equal to the last nano-dollar, in every report', async (t) => {
  const random = createRandom(4)
  const { ledger, reports, database: { sqlite }, verify } = sqliteBooks(t)
  const prices = Array.from({ length: 12 }, (_, at) => ({ version: `version-${at}`, rate: randomRate(random.upTo) }))
  let expected = 0n
  const byModel = new Map<string, bigint>()

  for (let done = 0; done < EXCHANGES; done += 50) {
    await Promise.all(Array.from({ length: 50 }, async () => {
      const { version, rate } = random.pick(prices)
      const model = `model-${random.upTo(5)}`
      const input = random.upTo(2_000_000)
      const cost = priceOf(input, rate)
      expected += cost
      byModel.set(model, (byModel.get(model) ?? 0n) + cost)
      const intent = exchangeIntent({ createdAtMs: NOON_MS + random.upTo(50 * HOUR_MS) })
      const exchange = await ledger.open(intent, attemptIntent({ model, priceVersion: version, ceiling: cost }))
      await ledger.settle(exchange, settlement({ attempt: answered({ cost, usage: { input } }) }))
    }))
  }

  t.equal(reports.usage(ALL).totals.costNanoUsd, expected)
  for (const { group, costNanoUsd } of reports.usage(ALL).rows) t.equal(costNanoUsd, byModel.get(group))
  t.match(verify(), { ok: true, costNanoUsd: expected })

  const texts = sqlite.prepare<[], string>('SELECT cost_usd FROM request_logs').pluck().all()
  t.equal(texts.length, EXCHANGES)
  t.equal(texts.reduce((sum, text) => sum + BigInt(text.replace('.', '')), 0n), expected, 'the export adds up too')
})

t.test('P4 the same cost booked a thousand times is a thousand times that cost', async (t) => {
  const { ledger, reports } = sqliteBooks(t)
  const cost = priceOf(1, readRate('0.1', 1n)) // a tenth of a dollar: no double holds it
  for (let done = 0; done < 1_000; done += 100) {
    await Promise.all(Array.from({ length: 100 }, async () => {
      const exchange = await ledger.open(exchangeIntent(), attemptIntent())
      await ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
    }))
  }
  t.equal(formatUsd(reports.usage(ALL).totals.costNanoUsd), '100.000000000')
})

t.test('P4 the version of the price used is in the row, after later exchanges at other prices too', async (t) => {
  const { ledger, reports } = sqliteBooks(t)
  const ids: string[] = []
  for (const priceVersion of ['aaaa', 'bbbb', 'aaaa', undefined]) {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent({ priceVersion }))
    await ledger.settle(exchange, settlement())
    ids.push(exchange.id)
  }
  t.same(ids.map((id) => reports.exchange(id)?.attempts[0]?.priceVersion), ['aaaa', 'bbbb', 'aaaa', undefined])
})

t.test('P4 no amount is stored as a floating-point number', async (t) => {
  const { ledger, database: { sqlite } } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 9_007_199_254_740_993n }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 9_007_199_254_740_993n }) }))
  const kinds = sqlite.prepare(`SELECT DISTINCT typeof(value) FROM (
    SELECT cost_nano_usd AS value FROM attempts UNION ALL SELECT ceiling_nano_usd FROM attempts
    UNION ALL SELECT cost_nano_usd FROM usage_hourly)`).pluck().all()
  t.same(kinds, ['integer'])
})

/** USD per million with up to nine places, as price lists have them. */
function randomRate (upTo: (most: number) => number): Rate {
  return readRate(`${upTo(75)}.${String(upTo(999_999_999)).padStart(9, '0')}`, 1_000_000n)
}
