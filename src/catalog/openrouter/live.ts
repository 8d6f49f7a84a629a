// What OpenRouter's list comes to at one moment: its models, and the prices of them that may count.
//
// DESIGN. A feed must not be able to change what requests cost by itself, except by a little (price-list-review.ts): a
// price that would become several times as much or as little, or nothing, is held, and the one before stays. So the
// prices that were taken are kept beside the entries, on the disk as well, and each reading is a review against them.

import { createHash } from 'node:crypto'
import { asObject, parseObject, type JsonObject } from '../../core/json.ts'
import type { Factor } from '../../core/money.ts'
import type { Price } from '../catalog.ts'
import type { RatesOf } from '../price-list-change.ts'
import { priceListMembers, readPriceListMembers } from '../price-list-file.ts'
import { costsOfPricing } from '../price-list-openrouter.ts'
import { approve, reviewFeed } from '../price-list-review.ts'
import { EMPTY_LIST, type HeldPrice, type PriceList } from '../price-list.ts'
import { readEntries, type Entry } from './entries.ts'

export const FORMAT = 'aibroker-openrouter-models/1'
export const PROVIDER = 'openrouter'

export interface Live {
  /** Digest of entries and prices: another list has another one. */
  readonly version: string
  readonly entries: readonly Entry[]
  /** Entries of the feed that were left out. */
  readonly skipped: number
  readonly prices: PriceList
  /** Prices the feed tells that wait for a person, those aside that it could never tell. */
  readonly held: readonly HeldPrice[]
}

export interface ReviewParts {
  /** Prices that count where the list has none yet. */
  readonly builtIn: ReadonlyMap<string, Price>
  /** How many times as much, or as little, a cost may become by itself. */
  readonly factor: Factor
  readonly ratesOf: RatesOf
  /** `YYYY-MM-DD` */
  readonly today: string
  /** Where it was read. */
  readonly source: string
}

/** Prices of models that are gone are kept for their return, but not without end. */
const MOST_PRICES = 40_000

/** Undefined: the text is no list of models. `before`: what was in use until now. */
export function readLive (text: string, before: Live | undefined, parts: ReviewParts): Live | undefined {
  const read = readEntries(parseObject(text))
  if (!read) return undefined
  const { entries, skipped } = read
  const { today: asOf, ...rest } = parts
  const rows = entries.map(({ id, told }) => ({ id: priceIdOf(id), costs: costsOfPricing(asObject(told['pricing']) ?? {}) }))
  const { list, held } = reviewFeed({ ...rest, asOf, rows, list: before?.prices ?? EMPTY_LIST })
  const prices = bounded(held.filter(isFreeByName).reduce((list, { id }) => approve(list, id) ?? list, list), entries)
  const waiting = held.filter(({ id, kind }) => prices.held.has(id) && (kind === 'changed' || kind === 'added'))
  return { version: versionOf(entries, prices), entries, skipped, prices, held: waiting }
}

/** `openai/gpt-4o` as prices are named. */
export function priceIdOf (id: string): string {
  return `${PROVIDER}:${id}`
}

/** What of it is written to the disk; `base`: where it was read. */
export function liveText ({ entries, prices }: Live, base: string): string {
  const file = { format: FORMAT, base, price_list: priceListMembers(prices), data: entries.map(({ told }) => told) }
  return `${JSON.stringify(file)}\n`
}

/** Undefined: it was read elsewhere. @throws RangeError when it cannot be used. */
export function readLiveText (text: string, base: string): Live | undefined {
  const file: JsonObject | undefined = parseObject(text)
  if (file?.['format'] !== FORMAT) throw new RangeError(`it is not a list of models ("format": "${FORMAT}")`)
  if (file['base'] !== base) return undefined
  const read = readEntries(file)
  if (!read) throw new RangeError('it has no "data"')
  const prices = readPriceListMembers(asObject(file['price_list']))
  return { version: versionOf(read.entries, prices), ...read, prices, held: [] }
}

/** `author/slug:free` says what it costs, at all times and in all sizes. */
function isFreeByName ({ id, kind, listed }: HeldPrice): boolean {
  const rates = Object.values(listed?.price.rates ?? {})
  const isFree = rates.length > 0 && rates.every(({ nanoUsd }) => nanoUsd === 0n)
  return kind === 'added' && id.endsWith(':free') && isFree && listed?.price.terms === undefined
}

function bounded ({ prices, held }: PriceList, entries: readonly Entry[]): PriceList {
  if (prices.size <= MOST_PRICES && held.size <= MOST_PRICES) return { prices, held }
  const there = new Set(entries.map(({ id }) => priceIdOf(id)))
  const only = <Value>(map: ReadonlyMap<string, Value>) => new Map([...map].filter(([id]) => there.has(id)))
  return { prices: only(prices), held: only(held) }
}

function versionOf (entries: readonly Entry[], { prices }: PriceList): string {
  const digest = createHash('sha256')
  for (const { id, told } of entries) {
    digest.update(`${JSON.stringify(told)}\n${prices.get(priceIdOf(id))?.price.version ?? '-'}\n`)
  }
  return digest.digest('hex').slice(0, 16)
}
