// Whether one price may take the place of another without anybody looking: only where it can be compared, and is near.

import { scaled, type Factor, type Rate } from '../core/money.ts'
import { USAGE_KINDS, type UsageKind } from '../core/usage.ts'
import type { Price, Rates } from './catalog.ts'

/** Rates with the stand-ins of kinds that have none of their own (metering/price-sheet.ts). */
export type RatesOf = (price: Price) => Rates

export interface Limits {
  /** Above 1: how many times as much, or as little, a rate may become. */
  readonly factor: Factor
  readonly ratesOf: RatesOf
}

/** USD 10,000 per million tokens: nothing near it was ever sold. */
const DEAREST_LIKELY: Rate = { nanoUsd: 10_000_000_000_000n, per: 1_000_000n }
const TOKENS: readonly UsageKind[] = ['input', 'output']

/** Why the price may not follow the one before; undefined: it may. */
export function objectionTo (next: Price, before: Price, { factor, ratesOf }: Limits): string | undefined {
  if (termsOf(next) !== termsOf(before)) return 'its tiers, hours, service tiers, regions or least quantities would change'
  const [rates, known] = [ratesOf(next), ratesOf(before)]
  for (const kind of USAGE_KINDS) {
    const objection = rateObjection(known[kind], rates[kind], factor)
    if (objection !== undefined) return `the cost of ${kind} ${objection}`
  }
  return undefined
}

/** Why a price of something that had none should be looked at first; undefined: it need not be. */
export function objectionToFirst ({ rates, terms }: Price): string | undefined {
  if (isFree(rates)) return 'it would be free'
  const parts = [...terms?.tiers ?? [], ...terms?.hours ?? []].map(({ rates }) => rates)
  if (parts.some(isFree)) return 'it would be free for some sizes or hours'
  return [rates, ...parts].some(isDear) ? 'it would cost more than USD 10,000 per million tokens' : undefined
}

function isFree (rates: Rates): boolean {
  return Object.values(rates).every(isZero) || (rates.input !== undefined && isZero(rates.input))
}

function isDear (rates: Rates): boolean {
  return TOKENS.some((kind) => {
    const rate = rates[kind]
    return rate !== undefined && isAbove(rate, DEAREST_LIKELY)
  })
}

function rateObjection (before: Rate | undefined, next: Rate | undefined, factor: Factor): string | undefined {
  if (!before) return next && 'would be there, which was not known before'
  if (!next) return 'would not be known any more'
  if (isZero(before) !== isZero(next)) return isZero(next) ? 'would become zero' : 'would not be zero any more'
  const isNear = !isAbove(next, scaled(before, factor)) && !isAbove(before, scaled(next, factor))
  return isNear ? undefined : `would be ${timesOf(next, before)} of what it is`
}

function termsOf ({ document = '' }: Price): string {
  return document.split('|').slice(1).join('|')
}

function isZero (rate: Rate | undefined): boolean {
  return rate?.nanoUsd === 0n
}

function isAbove (one: Rate, other: Rate): boolean {
  return one.nanoUsd * other.per > other.nanoUsd * one.per
}

/** For reading only: `1000 times`, `0.001 times`. */
function timesOf (one: Rate, other: Rate): string {
  const times = (Number(one.nanoUsd) / Number(one.per)) / (Number(other.nanoUsd) / Number(other.per))
  return `${Number(times.toPrecision(3))} times`
}
