// The price of a moment, and the bound of a while: every minute of a day, against the rule told in other words.

import t from 'tap'
import type { PriceHours, Rates } from '../../src/catalog/catalog.ts'
import { makePrice } from '../../src/catalog/price-document.ts'
import { costOf } from '../../src/metering/cost.ts'
import { priceAt, pricesOfDay, priceWithin } from '../../src/metering/price-of-day.ts'
import { variantOf, worstSheetOf } from '../../src/metering/price-variants.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
const DAY_MS = Date.UTC(2026, 1, 28)

const usd = (input: number): Rates => ({ input: { nanoUsd: BigInt(input), per: 1n } })
const part = (startMinute: number, endMinute: number, input: number, aboveInput?: number): PriceHours =>
  ({ startMinute, endMinute, aboveInput, rates: usd(input) })

const NO_MORE = { services: new Map(), regions: new Map(), least: {} }
const TIERS = [{ aboveInput: 100, rates: usd(20) }, { aboveInput: 200, rates: usd(5) }]
const HOURS = [
  part(1_320, 360, 4), part(300, 420, 30), part(330, 340, 1), part(0, 720, 50, 150), part(1_439, 1, 7),
  part(600, 601, 99, 100)
]
const PRICE = makePrice({ ...usd(10), output: { nanoUsd: 1n, per: 1n } }, { tiers: TIERS, hours: HOURS, ...NO_MORE })
const SIZES = [1, 100, 101, 150, 151, 200, 201, 5_000]

/** The list read from its end: the last one that holds. */
function expectedAt (minute: number, tokens: number): bigint | undefined {
  const last = HOURS.findLast(({ startMinute: start, endMinute: end, aboveInput = 0 }) =>
    tokens > aboveInput && (start < end ? start <= minute && minute < end : start <= minute || minute < end))
  const tier = TIERS.findLast(({ aboveInput }) => tokens > aboveInput)
  return (last?.rates ?? tier?.rates ?? PRICE.rates).input?.nanoUsd
}

const inputAt = (atMs: number, tokens: number) => variantOf(priceAt(PRICE, atMs), tokens).sheet.rates.input?.nanoUsd

t.test('at every minute and size the last one that holds counts', async (t) => {
  const isWrong = (minute: number, tokens: number) => [0, MINUTE_MS - 1].some((ms) =>
    inputAt(DAY_MS + minute * MINUTE_MS + ms, tokens) !== expectedAt(minute, tokens))
  const minutes = Array.from({ length: DAY_MINUTES }, (_, minute) => minute)
  t.same(minutes.filter((minute) => SIZES.some((tokens) => isWrong(minute, tokens))), [])
})

t.test('the bound of a while is the dearest of all its minutes, and of no other', async (t) => {
  const isWrong = (minute: number, length: number, tokens: number) => {
    const fromMs = DAY_MS + minute * MINUTE_MS + 30_000
    const within = priceWithin(PRICE, fromMs, fromMs + length * MINUTE_MS)
    const moments = Array.from({ length: length + 1 }, (_, at) => (minute + at) % DAY_MINUTES)
    const sizes = SIZES.filter((size) => size <= tokens)
    const dearest = Math.max(...moments.flatMap((minute) => sizes.map((size) => Number(expectedAt(minute, size)))))
    return Number(worstSheetOf(within, tokens).rates.input?.nanoUsd) !== dearest
  }
  const minutes = Array.from({ length: 39 }, (_, at) => at * 37)
  for (const length of [0, 1, 17, 60, 400, 1_439, 1_440]) {
    t.same(minutes.filter((minute) => isWrong(minute, length, 100) || isWrong(minute, length, 201)), [], `${length} minutes`)
  }
})

t.test('a price as a whole is bounded by the dearest minute of the day', async (t) => {
  t.equal(worstSheetOf(PRICE, 100).rates.input?.nanoUsd, 30n)
  t.equal(worstSheetOf(PRICE, 101).rates.input?.nanoUsd, 99n)
  t.equal(priceWithin(PRICE, DAY_MS, Infinity), PRICE)
})

t.test('a price without hours is itself at any time', async (t) => {
  const plain = makePrice(usd(3))
  t.equal(priceAt(plain, DAY_MS), plain)
  t.equal(priceWithin(plain, DAY_MS, Infinity), plain)
  t.same(pricesOfDay(plain), [plain])
})

t.test('prices of a moment are made once, and are of the version that is booked', async (t) => {
  t.equal(priceAt(PRICE, DAY_MS), priceAt(PRICE, DAY_MS + 86_400_000))
  t.equal(priceAt(PRICE, DAY_MS).version, PRICE.version)
  t.equal(priceWithin(PRICE, DAY_MS, DAY_MS + MINUTE_MS), priceWithin(PRICE, DAY_MS, DAY_MS + MINUTE_MS))
})

t.test('without a moment nothing is priced, and the bound is booked', async (t) => {
  const measured = { usage: { input: 10, output: 1 }, reportedCost: undefined, isTold: true }
  t.match(costOf(measured, PRICE, { ceiling: 5n, isFree: false }), { amount: 5n, grade: 'bounded', lines: [] })
  t.match(costOf(measured, PRICE, { ceiling: 5n, isFree: false, sentAtMs: DAY_MS + 720 * MINUTE_MS }), { amount: 101n, grade: 'reported' })
})
