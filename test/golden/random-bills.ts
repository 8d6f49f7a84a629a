// Random prices and usages, billed, and worked out again by arithmetic that shares nothing with the one under test.
//
// What must hold for each line: count x rate as a fraction, and no whole number of nano-dollars is nearer to it (half
// goes up). Over all bills: the sum of the totals is the sum of the lines is the sum of the nearest numbers.

import { makePrice } from '../../src/catalog/price-document.ts'
import type { Price } from '../../src/catalog/catalog.ts'
import { readFactor, readRate } from '../../src/core/money.ts'
import type { Usage, UsageKind } from '../../src/core/usage.ts'
import { billOf, type BillLine } from '../../src/metering/bill.ts'
import { createRandom, type Random } from '../ledger/random.ts'

export interface Checked {
  readonly bills: number
  /** Totals of the bills less what they should be. */
  readonly driftNanoUsd: bigint
  /** Lines whose kind, count or amount is not the expected one. */
  readonly wrongLines: number
}

const KINDS = ['input', 'cache_read', 'cache_write', 'audio_input', 'output', 'reasoning', 'audio_output'] as const
type Kind = typeof KINDS[number]

/** Digits as an operator writes them: units of a billionth of a dollar for a million tokens. */
interface Drawn {
  readonly price: Price
  readonly perMillion: { readonly [kind in Kind]: bigint }
  readonly above: { readonly limit: number, readonly perMillion: { readonly [kind in Kind]: bigint } }
}

const LIMIT = 100_000
/** Of a service tier, in tenths. */
const FLEX_TENTHS = 5n
const TENTHS = 10n

export function checkBills (bills: number, seed: number): Checked {
  const random = createRandom(seed)
  const drawn = Array.from({ length: 50 }, () => drawPrice(random))
  let driftNanoUsd = 0n
  let wrongLines = 0
  for (let made = 0; made < bills; made++) {
    const one = random.pick(drawn)
    const usage = drawUsage(random)
    const isFlex = random.upTo(3) === 0
    const bill = billOf({ usage, isTold: true }, one.price, isFlex ? { service: 'flex' } : undefined)
    if (typeof bill === 'string') throw new Error(`${bill} for ${JSON.stringify(usage)}`)
    const expected = expectedLines(usage, one, isFlex ? FLEX_TENTHS : TENTHS)
    driftNanoUsd += expected.reduce((rest, line) => rest - line.amount, bill.amount)
    wrongLines += Math.abs(expected.length - bill.lines.length)
    wrongLines += expected.filter((line, at) => !isSame(line, bill.lines[at])).length
  }
  return { bills, driftNanoUsd, wrongLines }
}

type Line = Pick<BillLine, 'kind' | 'count' | 'amount'>

function expectedLines (usage: Usage, { perMillion, above }: Drawn, tenths: bigint): Line[] {
  const rates = inputOf(usage) > above.limit ? above.perMillion : perMillion
  return KINDS.flatMap((kind) => {
    const count = usage[kind] ?? 0
    return count === 0 ? [] : [{ kind, count, amount: nearest(BigInt(count) * rates[kind] * tenths, 10_000_000n) }]
  })
}

const INPUTS = ['input', 'cache_read', 'cache_write', 'audio_input'] as const

function inputOf (usage: Usage): number {
  return INPUTS.reduce((sum, kind) => sum + (usage[kind] ?? 0), 0)
}

function isSame (line: Line, other: Line | undefined): boolean {
  return other?.kind === line.kind && other.count === line.count && other.amount === line.amount
}

/** The whole number nearest to top / bottom, the upper one of two. */
function nearest (top: bigint, bottom: bigint): bigint {
  const below = top / bottom
  return top - below * bottom < (below + 1n) * bottom - top ? below : below + 1n
}

function drawPrice (random: Random): Drawn {
  const perMillion = drawRates(random)
  const above = { limit: LIMIT, perMillion: drawRates(random) }
  const price = makePrice(ratesOf(perMillion), {
    tiers: [{ aboveInput: LIMIT, rates: ratesOf(above.perMillion) }],
    services: new Map([['flex', { kind: 'factor', factor: readFactor('0.5') }]]),
    regions: new Map(),
    least: {}
  })
  return { price, perMillion, above }
}

/** Up to 75 USD for a million tokens, to the last of nine places. */
function drawRates (random: Random): Drawn['perMillion'] {
  return Object.fromEntries(KINDS.map((kind) =>
    [kind, BigInt(random.upTo(75)) * 1_000_000_000n + BigInt(random.upTo(999_999_999))])) as Drawn['perMillion']
}

function ratesOf (perMillion: Drawn['perMillion']) {
  return Object.fromEntries(KINDS.map((kind) => {
    const digits = perMillion[kind].toString().padStart(10, '0')
    return [kind, readRate(`${digits.slice(0, -9)}.${digits.slice(-9)}`, 1_000_000n)]
  }))
}

function drawUsage (random: Random): Usage {
  const usage: { [kind in UsageKind]?: number } = { input: random.upTo(200_000), output: random.upTo(20_000) }
  for (const kind of KINDS) if (random.upTo(3) === 0) usage[kind] = random.upTo(50_000)
  return usage
}
