// Reviews for tests: a list in use, a feed of our own shape, and what becomes of them.

import type { Price } from '../../src/catalog/catalog.ts'
import { readCosts } from '../../src/catalog/price-list-costs.ts'
import { readFeed } from '../../src/catalog/price-list-feeds.ts'
import { reviewFeed, type Review } from '../../src/catalog/price-list-review.ts'
import { EMPTY_LIST, FORMAT, type PriceList } from '../../src/catalog/price-list.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { readFactor } from '../../src/core/money.ts'
import { sheetOf } from '../../src/metering/price-sheet.ts'

export const FEED = 'https://prices.example/list.json'
const PROVIDERS = new Set(['openai', 'groq', 'together', 'openrouter'])

export function priced (costs: JsonObject): Price {
  const read = readCosts(costs)
  if (read.kind === 'unreadable') throw new Error(read.reason)
  return read.price
}

export function builtIn (prices: Record<string, JsonObject>): ReadonlyMap<string, Price> {
  return new Map(Object.entries(prices).map(([id, costs]) => [id, priced(costs)]))
}

/** A feed of our own shape. */
export function own (prices: Record<string, JsonObject>): string {
  return JSON.stringify({ format: FORMAT, prices: Object.entries(prices).map(([id, costs]) => ({ id, ...costs })) })
}

export interface Reviewed {
  readonly list?: PriceList
  readonly builtIn?: ReadonlyMap<string, Price>
  readonly source?: string
  readonly factor?: string
}

export function review (text: string, parts: Reviewed = {}): Review {
  return reviewFeed({
    list: parts.list ?? EMPTY_LIST,
    builtIn: parts.builtIn ?? new Map(),
    rows: readFeed(text, PROVIDERS).rows,
    source: parts.source ?? FEED,
    asOf: '2026-11-21',
    factor: readFactor(parts.factor ?? '3'),
    ratesOf: (price) => sheetOf(price).rates
  })
}

/** What counts where modelsconfig.yml says nothing. */
export function effective (list: PriceList, packaged: ReadonlyMap<string, Price>): ReadonlyMap<string, Price> {
  return new Map([...packaged, ...[...list.prices.values()].map(({ id, price }) => [id, price] as const)])
}

export { PROVIDERS }
