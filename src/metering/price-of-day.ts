// The price within a price by the time of day: which one holds at a moment, and which ones may within a while.
//
// DESIGN. A price without hours is its own price at any time: one look at a member, and nothing else. One with hours is
// cut at every minute at which one of them begins or ends, once, into plain prices of the same version, so that all
// that is made of a price knows nothing of time. What must hold: the moment that counts is when the request is sent
// (`started_at_ms` of its row), so a bill can be made again from its row and its price alone.
// OpenRouter: an entry applies while the current UTC time is in [utc_start, utc_end), which may wrap past midnight; of
// those that apply the later ones win, key by key. https://openrouter.ai/docs/api-reference/models/get-models

import type { Price, PriceHours, PriceTerms, PriceTier, Rates } from '../catalog/catalog.ts'
import { DAY_MINUTES, spellHours } from '../catalog/price-hours.ts'

const MINUTE_MS = 60_000
const DAY_MS = DAY_MINUTES * MINUTE_MS

/** A price with hours, and what was made of it. */
interface Day {
  /** Minutes of the day at which another price begins, lowest first; what is before the first is of the last. */
  readonly starts: readonly number[]
  /** The price from each of them on. */
  readonly prices: readonly Price[]
  /** By the first part that is reached and the number of them. */
  readonly reached: Map<string, Price>
}

const days = new WeakMap<Price, Day>()
/** Of prices that stand for some parts of a day. */
const partsOf = new WeakMap<Price, readonly Price[]>()

/** The price of a request that is sent at `sentAtMs` (wall clock, ms since the epoch). */
export function priceAt (price: Price, sentAtMs: number): Price {
  const { terms } = price
  if (!terms?.hours) return price
  const day = dayOf(price, terms, terms.hours)
  return day.prices[partAt(day, sentAtMs)] as Price
}

/**
 * A price whose worst sheet (price-variants.ts) covers every moment from `fromMs` to `untilMs`, both included
 * (Infinity: any time of the day). It is never booked.
 */
export function priceWithin (price: Price, fromMs: number, untilMs: number): Price {
  const { terms } = price
  if (!terms?.hours || untilMs - fromMs >= DAY_MS) return price
  const day = dayOf(price, terms, terms.hours)
  const first = partAt(day, fromMs)
  const count = partsFrom(first, day, minuteAt(fromMs), minutesBetween(fromMs, untilMs))
  if (count === 1) return day.prices[first] as Price
  if (count >= day.prices.length) return price
  const key = `${first} ${count}`
  const known = day.reached.get(key)
  if (known) return known
  const parts = Array.from({ length: count }, (_, at) => day.prices[(first + at) % day.prices.length] as Price)
  const within = Object.freeze({ ...price })
  partsOf.set(within, parts)
  day.reached.set(key, within)
  return within
}

/** What it may be by the time of day, each a price without hours; itself alone, where time changes nothing. */
export function pricesOfDay (price: Price): readonly Price[] {
  const { terms } = price
  if (!terms?.hours) return [price]
  return partsOf.get(price) ?? dayOf(price, terms, terms.hours).prices
}

/** How many parts are touched within so many `minutes`, fewer than a day has: `first`, and those behind it. */
function partsFrom (first: number, { starts }: Day, minute: number, minutes: number): number {
  let count = 1
  for (; count <= starts.length; count++) {
    const start = starts[(first + count) % starts.length] as number
    const isOfNextDay = start <= minute
    if ((isOfNextDay ? start + DAY_MINUTES : start) > minute + minutes) return count
  }
  return count
}

/** By the clock's minutes that begin in between. */
function minutesBetween (fromMs: number, untilMs: number): number {
  return Math.floor(untilMs / MINUTE_MS) - Math.floor(fromMs / MINUTE_MS)
}

function partAt ({ starts }: Day, atMs: number): number {
  const minute = minuteAt(atMs)
  const part = starts.findLastIndex((start) => start <= minute)
  return part === -1 ? starts.length - 1 : part
}

function minuteAt (atMs: number): number {
  return Math.floor((atMs % DAY_MS + DAY_MS) % DAY_MS / MINUTE_MS)
}

function dayOf (price: Price, terms: PriceTerms, hours: readonly PriceHours[]): Day {
  const known = days.get(price)
  if (known) return known
  const starts = [...new Set(hours.flatMap(({ startMinute, endMinute }) => [startMinute, endMinute]))]
  starts.sort((one, other) => one - other)
  const prices = starts.map((start, at) => {
    const holding = hours.filter((part) => isWithin(start, part))
    const until = starts[(at + 1) % starts.length] as number
    return partOf(price, terms, { holding, name: holding.length === 0 ? undefined : spellHours(start, until) })
  })
  const day = { starts, prices, reached: new Map() }
  days.set(price, day)
  return day
}

function isWithin (minute: number, { startMinute, endMinute }: PriceHours): boolean {
  return startMinute < endMinute
    ? minute >= startMinute && minute < endMinute
    : minute >= startMinute || minute < endMinute
}

interface Part {
  /** In the order in which they count. */
  readonly holding: readonly PriceHours[]
  /** Undefined: none holds. */
  readonly name: string | undefined
}

function partOf (price: Price, { hours, ...terms }: PriceTerms, { holding, name }: Part): Price {
  const atAnySize = holding.filter(({ aboveInput }) => aboveInput === undefined)
  const tiers = tiersOf(terms.tiers, holding)
  const rates = over(price.rates, atAnySize)
  const part = { ...price, rates, terms: Object.freeze({ ...terms, tiers }) }
  return Object.freeze(name === undefined ? part : { ...part, hours: name })
}

/** At each limit of a tier or of the hours: the rates of the tier that is reached there, under those of the hours. */
function tiersOf (tiers: readonly PriceTier[], holding: readonly PriceHours[]): readonly PriceTier[] {
  const limits = [...new Set([...tiers, ...holding].flatMap(({ aboveInput }) => aboveInput ?? []))]
  limits.sort((one, other) => one - other)
  return limits.map((limit) => {
    const own = tiers.findLast(({ aboveInput }) => aboveInput <= limit)
    const reached = holding.filter(({ aboveInput = 0 }) => aboveInput <= limit)
    return Object.freeze({ aboveInput: limit, rates: over(own?.rates ?? {}, reached) })
  })
}

function over (rates: Rates, parts: readonly PriceHours[]): Rates {
  return Object.freeze(Object.assign({}, rates, ...parts.map(({ rates }) => rates)))
}
