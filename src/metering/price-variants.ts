// The prices within a price: which rates hold for a request of a size, a service tier and a region. Those of a time of
// day are prices of their own by then (price-of-day.ts).
//
// DESIGN. A price without terms has one sheet and never comes here. One with terms has a sheet for each combination,
// made when it is first billed and kept with the price. Rates are laid over each other in this order, kind by kind:
// the price's own, those of the largest tier the request is above, those of the service tier, those of the service's
// own tier. Then the factors of the service and of the region, on all but extras: a search costs the same in every
// tier and region. Fallbacks come last, so that a tier that names `input_cost` alone also moves cached input, if the
// price has no cost for that.

import type { Price, PriceTerms, PriceTier, Rates } from '../catalog/catalog.ts'
import { scaled, type Factor, type Rate } from '../core/money.ts'
import { USAGE_KINDS, type Circumstances, type UsageKind } from '../core/usage.ts'
import { pricesOfDay } from './price-of-day.ts'
import { dearer, EXTRAS, makeSheet, sheetOf, unitOf, type PriceSheet } from './price-sheet.ts'

/** Which part of a price was applied. */
export interface Applied {
  /** The `aboveInput` of the tier; undefined: none was reached. */
  readonly tier: number | undefined
  /** As the answer told it, also when the price has nothing under that name: see `isUnknownService`. */
  readonly service: string | undefined
  readonly region: string | undefined
  /** The answer told a service tier that the price does not name: its plain rates were taken. */
  readonly isUnknownService: boolean
  /** The part of the day, `2200-0600`; undefined: no hours counted. */
  readonly hours?: string | undefined
}

export interface Variant {
  readonly sheet: PriceSheet
  /** Undefined: the plain rates. */
  readonly applied: Applied | undefined
}

const PLAIN: Circumstances = {}

/** A price with terms and what was made of it. */
interface Compiled {
  readonly price: Price
  readonly terms: PriceTerms
  /** By the time of day; the price alone where it has no hours. */
  readonly parts: readonly Price[]
  /** Every limit of any of its tiers, lowest first. */
  readonly limits: readonly number[]
  readonly sheets: Map<string, PriceSheet>
  /** By the number of limits that a request may be above. */
  readonly worst: Map<number, PriceSheet>
}

const compiledPrices = new WeakMap<Price, Compiled>()

/**
 * The sheet for a request with `inputTokens` tokens of input, cached ones included, under what its answer told. The
 * price is that of a moment.
 */
export function variantOf (price: Price, inputTokens: number, told: Circumstances = PLAIN): Variant {
  const compiled = compiledOf(price)
  if (!compiled) return { sheet: sheetOf(price), applied: appliedOf({ service: undefined }, told) }
  const { services, regions } = compiled.terms
  const service = services.has(told.service ?? '') ? told.service : undefined
  const region = regions.has(told.region ?? '') ? told.region : undefined
  const sheet = sheetFor(compiled, { inputTokens, service, region })
  const tier = tierFor(compiled.terms, inputTokens, service)
  return { sheet, applied: appliedOf({ tier, service, region, hours: price.hours }, told) }
}

function appliedOf (known: Partial<Applied>, { service }: Circumstances): Applied | undefined {
  const { tier, region, hours } = known
  if (tier === undefined && service === undefined && region === undefined && hours === undefined) return undefined
  const applied = { tier, service, region, isUnknownService: service !== known.service }
  return hours === undefined ? applied : { ...applied, hours }
}

/** The highest rate of every kind, at any time of the day, that a request of at most `inputTokens` may be billed by. */
export function worstSheetOf (price: Price, inputTokens: number): PriceSheet {
  const compiled = compiledOf(price)
  if (!compiled) return sheetOf(price)
  const reached = reachedLimits(compiled, inputTokens)
  const known = compiled.worst.get(reached)
  if (known) return known
  const sheet = makeWorst(compiled, reached)
  compiled.worst.set(reached, sheet)
  return sheet
}

function makeWorst (compiled: Compiled, reached: number): PriceSheet {
  const sheets = sheetsWithin(compiled, reached)
  const rates: { [kind in UsageKind]?: Rate } = {}
  for (const kind of USAGE_KINDS) {
    const worst = sheets.reduce<Rate | undefined>((worst, sheet) => dearer(worst, sheet.rates[kind]), undefined)
    if (worst) rates[kind] = worst
  }
  return makeSheet(rates, compiled.terms.least)
}

function sheetsWithin (compiled: Compiled, reached: number): readonly PriceSheet[] {
  const { limits, parts, terms: { services, regions } } = compiled
  if (parts.length > 1) return parts.map((part) => worstSheetOf(part, (limits[reached - 1] ?? -1) + 1))
  const sizes = [0, ...limits.slice(0, reached).map((limit) => limit + 1)]
  return sizes.flatMap((inputTokens) => [undefined, ...services.keys()].flatMap((service) =>
    [undefined, ...regions.keys()].map((region) => sheetFor(compiled, { inputTokens, service, region }))))
}

interface Combination {
  readonly inputTokens: number
  readonly service: string | undefined
  readonly region: string | undefined
}

function sheetFor (compiled: Compiled, combination: Combination): PriceSheet {
  const { service = '', region = '' } = combination
  const key = `${reachedLimits(compiled, combination.inputTokens)} ${service} ${region}`
  const known = compiled.sheets.get(key)
  if (known) return known
  const sheet = makeSheet(ratesOf(compiled, combination), compiled.terms.least)
  compiled.sheets.set(key, sheet)
  return sheet
}

function ratesOf ({ price, terms }: Compiled, { inputTokens, service, region }: Combination): Rates {
  const rates = { ...price.rates, ...reachedOf(terms.tiers, inputTokens)?.rates }
  const told = terms.services.get(service ?? '')
  if (told?.kind === 'rates') Object.assign(rates, told.rates, reachedOf(told.tiers, inputTokens)?.rates)
  return times(times(rates, told?.kind === 'factor' ? told.factor : undefined), terms.regions.get(region ?? ''))
}

function times (rates: Rates, factor: Factor | undefined): Rates {
  if (!factor) return rates
  return Object.fromEntries(Object.entries(rates).map(([kind, rate]) =>
    [kind, EXTRAS.has(unitOf(kind as UsageKind)) ? rate : scaled(rate, factor)]))
}

/** The largest limit that counted, of the price's tiers and of the service's own. */
function tierFor (terms: PriceTerms, inputTokens: number, service: string | undefined): number | undefined {
  const told = terms.services.get(service ?? '')
  const own = told?.kind === 'rates' ? reachedOf(told.tiers, inputTokens)?.aboveInput : undefined
  const shared = reachedOf(terms.tiers, inputTokens)?.aboveInput
  return own !== undefined && own > (shared ?? 0) ? own : shared
}

function reachedOf (tiers: readonly PriceTier[], inputTokens: number): PriceTier | undefined {
  return tiers.findLast(({ aboveInput }) => aboveInput < inputTokens)
}

function reachedLimits ({ limits }: Compiled, inputTokens: number): number {
  let reached = 0
  while (reached < limits.length && (limits[reached] ?? Infinity) < inputTokens) reached++
  return reached
}

function compiledOf (price: Price): Compiled | undefined {
  const { terms } = price
  if (!terms) return undefined
  const known = compiledPrices.get(price)
  if (known) return known
  const ofServices = [...terms.services.values()].flatMap((service) => service.kind === 'rates' ? service.tiers : [])
  const all = [...terms.tiers, ...ofServices, ...terms.hours ?? []]
  const limits = [...new Set(all.flatMap(({ aboveInput }) => aboveInput ?? []))]
  limits.sort((one, other) => one - other)
  const compiled = { price, terms, parts: pricesOfDay(price), limits, sheets: new Map(), worst: new Map() }
  compiledPrices.set(price, compiled)
  return compiled
}
