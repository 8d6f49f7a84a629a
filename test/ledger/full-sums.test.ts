// An hour whose sums hold no more: the row that does not fit fails alone, and the broker still starts.

import t from 'tap'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { databasePath, sqliteBooks, unrecoveredBooks, type SqliteBooks } from './sqlite-books.ts'

const ALL = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined } as const
/** The most one attempt may cost; 92 of them nearly fill a 64-bit sum. */
const MOST = 10n ** 17n
const FILLING = 92

async function fill ({ ledger }: SqliteBooks): Promise<void> {
  for (let count = 0; count < FILLING; count++) {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    await ledger.settle(exchange, settlement({ attempt: answered({ cost: MOST }) }))
  }
}

t.test('a settlement that overflows the sum of its hour fails alone', async (t) => {
  const books = sqliteBooks(t)
  const { ledger, reports, verify } = books
  await fill(books)
  const opened = await Promise.all([1, 2, 3].map(() => ledger.open(exchangeIntent(), attemptIntent())))
  const costs = [450_000n, MOST, 450_000n]
  const settle = () => Promise.allSettled(opened.map((exchange, at) =>
    ledger.settle(exchange, settlement({ attempt: answered({ cost: costs[at] }) }))))
  t.match(await settle(), [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'internal' } }, { status: 'fulfilled' }])
  t.equal(ledger.outage, undefined, 'the store is not at fault')

  const after = await ledger.open(exchangeIntent(), attemptIntent())
  t.equal(await ledger.settle(after, settlement()), 'committed', 'the same bucket goes on')
  t.equal(reports.usage(ALL).totals.costNanoUsd, BigInt(FILLING) * MOST + 3n * 450_000n)
  t.match(verify(), { ok: true, open: 1 })
})

t.test('recovery skips what does not fit, says so, and tries again at the next start', async (t) => {
  const path = databasePath(t)
  const books = sqliteBooks(t, path)
  await fill(books)
  const tooMuch = await books.ledger.open(exchangeIntent(), attemptIntent({ ceiling: MOST }))
  const fits = await books.ledger.open(exchangeIntent(), attemptIntent())
  const elsewhere = await books.ledger.open(exchangeIntent({ ip: '10.0.0.1' }), attemptIntent({ ceiling: MOST }))
  await books.ledger.close()

  const alarms: string[] = []
  const alarm = (message: string, error?: Error) => { alarms.push(`${message}: ${error?.message}`) }
  for (let start = 1; start <= 2; start++) {
    const { ledger, reports, verify } = unrecoveredBooks(t, path, { alarm })
    t.equal(ledger.recover(NOON_MS), start === 1 ? 2 : 0)
    t.equal(alarms.length, start)
    t.match(alarms[start - 1], /^exchange \d+ of an earlier process cannot be booked and stays open: .*REAL value/)
    t.equal(reports.exchange(tooMuch.id)?.status, undefined)
    t.match([reports.exchange(fits.id)?.status, reports.exchange(elsewhere.id)?.status], [0, 0])
    const opened = await Promise.all(Array.from({ length: 5_000 }, () => ledger.open(exchangeIntent({ ip: '::1' }), undefined)))
    await Promise.all(opened.map((exchange) => ledger.settle(exchange, settlement({ attempt: undefined }))))
    t.match(verify(), { ok: true, open: 1 }, 'the mark waits for it')
    const total = BigInt(FILLING + 1) * MOST + 5_000_000n
    t.equal(verify().costNanoUsd, total, 'more than 64 bits hold')
    t.equal(reports.usage({ ...ALL, by: 'model' }).totals.costNanoUsd, total)
    await ledger.close()
  }
})
