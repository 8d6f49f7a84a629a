// Usage x price = cost: line by line, rounded half up, graded by how well it is known.

import fc from 'fast-check'
import t from 'tap'
import type { Price } from '../../src/catalog/catalog.ts'
import type { Rate } from '../../src/core/money.ts'
import { USAGE_KINDS, type Usage, type UsageKind } from '../../src/core/usage.ts'
import { costOf, type Cost } from '../../src/metering/cost.ts'
import { price } from '../routing/samples.ts'

const TEXT = price({ input: '2.5', output: '10' })
const CEILING = 10n ** 12n

interface Known { isTold?: boolean, ceiling?: bigint | undefined }

function cost (usage: Usage, price: Price | undefined, changes: Known = {}): Cost {
  const { isTold = true } = changes
  const ceiling = 'ceiling' in changes ? changes.ceiling : CEILING
  return costOf({ usage, reportedCost: undefined, isTold }, price, { ceiling, isFree: false })
}

const linesOf = ({ lines }: Cost) => lines.map(({ kind, count, amount }) => `${kind} ${count} ${amount}`)

t.test('each kind is a line at its own rate, and the amount is their sum', async (t) => {
  const whole =
    price({ input: '2', cache_read: '0.2', cache_write: '2.5', output: '10', reasoning: '12', audio_output: '80' })
  const answer = cost({ input: 100, cache_read: 50, cache_write: 10, output: 20, reasoning: 5, audio_output: 3 }, whole)
  t.same(linesOf(answer), [
    'input 100 200000', 'cache_read 50 10000', 'cache_write 10 25000',
    'output 20 200000', 'reasoning 5 60000', 'audio_output 3 240000'
  ])
  t.equal(answer.amount, 735_000n)
  t.equal(answer.grade, 'reported')
})

t.test('each line is rounded half up to a nano-dollar', async (t) => {
  const tiny = price({ input: '0.0005', output: '0.0004' })
  t.same(linesOf(cost({ input: 1, output: 1 }, tiny)), ['input 1 1', 'output 1 0'])
  t.equal(cost({ input: 3, output: 4 }, tiny).amount, 2n + 2n)
})

t.test('a kind without a rate takes the one it falls back to', async (t) => {
  const cases: ReadonlyArray<readonly [usage: Usage, rates: Parameters<typeof price>[0], amount: bigint]> = [
    [{ cache_read: 1 }, { input: '3', output: '9' }, 3_000n],
    [{ cache_write: 1 }, { input: '3', output: '9' }, 3_000n],
    [{ cache_write_1h: 1 }, { input: '3', output: '9', cache_write: '4' }, 4_000n],
    [{ cache_write_1h: 1 }, { input: '3', output: '9' }, 3_000n],
    [{ cache_write_1h: 1 }, { input: '3', output: '9', cache_write: '4', cache_write_1h: '6' }, 6_000n],
    [{ image_input: 1 }, { input: '3', output: '9' }, 3_000n],
    [{ reasoning: 1 }, { input: '3', output: '9' }, 9_000n]
  ]
  for (const [usage, rates, amount] of cases) {
    t.equal(cost(usage, price(rates)).amount, amount, JSON.stringify([usage, rates]))
  }
})

t.test('audio and generated images have no stand-in: without their rate the cost is not known', async (t) => {
  for (const kind of ['audio_input', 'audio_output', 'image_output'] as const) {
    t.same(cost({ input: 10, output: 10, [kind]: 1 }, TEXT), { amount: undefined, grade: 'unpriced', lines: [] }, kind)
    t.equal(cost({ input: 10, output: 10, [kind]: 0 }, TEXT).grade, 'reported', `none of ${kind} needs no rate`)
  }
})

t.test('input without a rate, under a price for output, is not known either', async (t) => {
  t.equal(cost({ input: 1, output: 1 }, price({ output: '1' })).grade, 'unpriced')
  t.equal(cost({ input: 0, output: 1 }, price({ output: '1' })).amount, 1_000n)
})

t.test('usage that was told as zero costs zero', async (t) => {
  t.same(cost({ input: 0, output: 0 }, TEXT), { amount: 0n, grade: 'reported', lines: [] })
})

t.test('a price of zero is a price', async (t) => {
  t.match(cost({ input: 10, output: 10 }, price({ input: '0', output: '0' })), { amount: 0n, grade: 'reported' })
})

t.test('money the provider told is taken as it is, with and without a price', async (t) => {
  const told = { usage: { input: 10, output: 10 }, reportedCost: 777n, isTold: true }
  t.same(costOf(told, undefined, { ceiling: 10n, isFree: false }), { amount: 777n, grade: 'reported', lines: [] })
  t.same(costOf(told, TEXT, { ceiling: 10n, isFree: false }),
    { amount: 777n, grade: 'reported', lines: [], computed: 125_000n }, 'our own sum is kept beside it')
  const equal = costOf({ ...told, reportedCost: 125_000n }, TEXT, { ceiling: 10n, isFree: false })
  t.match(equal, { amount: 125_000n, computed: undefined })
  t.same(linesOf(equal), ['input 10 25000', 'output 10 100000'], 'equal sums are told line by line')
})

t.test('a free provider costs nothing, whatever it tells', async (t) => {
  const told = { usage: { input: 10 }, reportedCost: 777n, isTold: true }
  t.same(costOf(told, TEXT, { ceiling: 10n, isFree: true }), { amount: 0n, grade: 'free', lines: [] })
})

t.test('usage that cannot be true is booked at the ceiling', async (t) => {
  const ceiling = 5_000n
  for (const input of [-1, 1.5, NaN, Infinity, 1_000_000_001, '7' as unknown as number]) {
    t.same(cost({ input, output: 1 }, TEXT, { ceiling }), { amount: 5_000n, grade: 'bounded', lines: [] }, String(input))
  }
  t.equal(cost({ input: 1_000_000_000, output: 0 }, TEXT, { ceiling: undefined }).grade, 'reported')
})

t.test('told usage is booked at what it costs, however far above the ceiling: the provider will charge it', async (t) => {
  const told = { input: 1_000, output: 1_000_000_000 }
  for (const ceiling of [0n, 1n, 625_000n]) {
    t.match(cost(told, TEXT, { ceiling }), { amount: 2_500_000n + 10n ** 13n, grade: 'reported' })
  }
  t.match(cost({ audio_ms: 60_000 }, price({ audio_ms: '0.006' }), { isTold: false, ceiling: 1n }),
    { amount: 6_000_000n, grade: 'counted' })
})

t.test('a price for each request is a line of its own', async (t) => {
  const answer = cost({ input: 1, output: 1 }, price({ input: '1', output: '1', requests: '0.005' }))
  t.same(linesOf(answer), ['input 1 1000', 'output 1 1000', 'requests 1 5000000'])
  t.match(cost({}, price({ requests: '0.005' }), { isTold: false }), { amount: 5_000_000n, grade: 'counted' })
  t.equal(cost({ requests: 2 }, price({ requests: '0.005' })).amount, 10_000_000n)
})

t.test('what the broker counted itself is graded as such', async (t) => {
  const speech = price({ characters: '15' })
  t.same(linesOf(cost({ characters: 200 }, speech, { isTold: false })), ['characters 200 3000000'])
  t.equal(cost({ characters: 200 }, speech, { isTold: false }).grade, 'counted')
})

t.test('a count in a unit the price does not bill in is not billed', async (t) => {
  const minutes = price({ audio_ms: '0.006' })
  t.match(cost({ input: 500, output: 100, audio_ms: 60_000 }, minutes), { amount: 6_000_000n, grade: 'reported' })
  t.match(cost({ input: 500, output: 100, audio_ms: 60_000 }, TEXT), { amount: 2_250_000n, grade: 'reported' })
  const images = price({ input: '1', images: '0.04' })
  t.match(cost({ input: 5, image_output: 4_000, images: 2 }, images), { amount: 80_005_000n })
})

t.test('when nothing was counted in the units of the price, the ceiling stands in', async (t) => {
  t.same(cost({ input: 500, output: 100 }, price({ audio_ms: '0.006' })), { amount: CEILING, grade: 'bounded', lines: [] })
  t.same(cost({ characters: 9 }, TEXT, { isTold: false }), { amount: CEILING, grade: 'bounded', lines: [] })
})

const anyRate: fc.Arbitrary<Rate> = fc.record({
  nanoUsd: fc.bigInt({ min: 0n, max: 10n ** 15n }), per: fc.constantFrom(1n, 60_000n, 1_000_000n, 10n ** 12n)
})
const anyPrice = fc.dictionary(fc.constantFrom(...USAGE_KINDS), anyRate).map((rates): Price => ({ version: 'v', rates }))
const anyUsage = fc.dictionary(fc.constantFrom(...USAGE_KINDS), fc.nat({ max: 1_000_000_000 })) as fc.Arbitrary<Usage>

t.test('property: the lines sum to the amount, and every line is a counted kind', async () => {
  fc.assert(fc.property(anyUsage, anyPrice, fc.boolean(), (usage, price, isTold) => {
    const { amount, lines, grade } = cost(usage, price, { isTold, ceiling: undefined })
    const sum = lines.reduce((sum, line) => sum + line.amount, 0n)
    if (amount === undefined) return grade === 'unpriced' && lines.length === 0
    return sum === amount && lines.every(({ kind, count }) => count === (usage[kind] ?? 1))
  }), { numRuns: 2_000 })
})

t.test('property: a cost is undefined exactly when it is unpriced', async () => {
  const anyCeiling = fc.option(fc.bigInt({ min: 0n, max: 10n ** 18n }), { nil: undefined })
  const maybePrice = fc.option(anyPrice, { nil: undefined })
  const known = fc.record({ ceiling: anyCeiling, isTold: fc.boolean() })
  fc.assert(fc.property(anyUsage, maybePrice, known, (usage, price, known) => {
    const { amount, grade } = cost(usage, price, known)
    return (amount === undefined) === (grade === 'unpriced')
  }), { numRuns: 2_000 })
})

t.test('property: a ceiling never lowers what told usage costs', async () => {
  fc.assert(fc.property(anyUsage, anyPrice, fc.bigInt({ min: 0n, max: 10n ** 18n }), (usage, price, ceiling) => {
    const { amount } = cost(usage, price, { ceiling: undefined })
    return amount === undefined || cost(usage, price, { ceiling }).amount === amount
  }), { numRuns: 2_000 })
})

t.test('property: more of a kind never costs less', async () => {
  const anyKind = fc.constantFrom<UsageKind[]>('input', 'output', 'cache_read')
  fc.assert(fc.property(anyUsage, anyKind, fc.nat({ max: 1_000 }), (usage, kind, more) => {
    const before = cost({ input: 0, output: 0, ...usage, [kind]: 5 }, TEXT, { ceiling: undefined })
    const after = cost({ input: 0, output: 0, ...usage, [kind]: 5 + more }, TEXT, { ceiling: undefined })
    return before.amount === undefined || (after.amount !== undefined && after.amount >= before.amount)
  }))
})
