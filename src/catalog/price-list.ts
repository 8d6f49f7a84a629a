// The price list an operator keeps up to date: prices in use, and those that wait for a person to look at them.
//
// DESIGN. What must hold: a feed never changes a price that counts by itself, except by a little and where it can be
// read. Everything else it says is held: kept beside the list with its reason, until it is approved by name.
// - The list lies over the packaged prices and under modelsconfig.yml: what an operator wrote counts always.
// - Nothing is fetched for it by a broker; only the command does that (src/cli/prices-update.ts). OpenRouter's live
//   list is another thing with the same review (openrouter/live.ts), and its prices lie under these.
// - Costs are kept as a backend of modelsconfig.yml has them, and read by the same reader: one meaning, one check.

import type { JsonObject } from '../core/json.ts'
import type { Price } from './catalog.ts'

/** A price of the list. */
export interface ListedPrice {
  /** `<provider>:<model id>`. */
  readonly id: string
  /** Members of a backend in modelsconfig.yml: `{"input_cost":"2.5","output_cost":"10"}`. */
  readonly costs: JsonObject
  readonly price: Price
  /** Where it was read: a URL or a path. */
  readonly source: string
  /** The day it was true, `YYYY-MM-DD`. */
  readonly asOf: string
}

/** `unreadable` has nothing that could be approved; `removed` is approved by forgetting the price. */
export type HeldKind = 'added' | 'changed' | 'removed' | 'unreadable'

/** What a feed says and nobody has approved. */
export interface HeldPrice {
  readonly id: string
  readonly kind: HeldKind
  /** A sentence without its subject: `input_cost would be 1000 times as much`. */
  readonly reason: string
  /** Undefined for `removed` and `unreadable`. */
  readonly listed: ListedPrice | undefined
  readonly source: string
  readonly asOf: string
}

export interface PriceList {
  readonly prices: ReadonlyMap<string, ListedPrice>
  readonly held: ReadonlyMap<string, HeldPrice>
}

export const EMPTY_LIST: PriceList = Object.freeze({ prices: new Map(), held: new Map() })

/** The name of the format of feeds of our own and of the file. */
export const FORMAT = 'aibroker-prices/1'

const ID = /^[a-z0-9][a-z0-9_-]{0,39}:[^\s\p{C}]{1,200}$/u
const DAY = /^\d{4}-\d\d-\d\d$/

export function isPriceId (text: unknown): text is string {
  return typeof text === 'string' && ID.test(text)
}

export function isDay (text: unknown): text is string {
  return typeof text === 'string' && DAY.test(text) && !Number.isNaN(Date.parse(text))
}
