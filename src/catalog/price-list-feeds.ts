// What a feed says, in three shapes: our own, OpenRouter's /models and models.dev's api.json. See docs/prices.md.

import { asObject, parseObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { costsOfCost, PROVIDER_NAMES } from './price-list-models-dev.ts'
import { costsOfPricing } from './price-list-openrouter.ts'
import { FORMAT, isDay, isPriceId } from './price-list.ts'

/** One price as a feed tells it; nothing of it is checked but its id. */
export interface FeedRow {
  readonly id: string
  /** Undefined: it is there and cannot be a price of ours. */
  readonly costs: JsonValue | undefined
}

export interface Feed {
  readonly rows: readonly FeedRow[]
  /** Entries that cannot be listed: no sound id, or a provider the broker does not know. */
  readonly ignored: number
  /** What the feed itself says of its origin; undefined: nothing. */
  readonly source: string | undefined
  readonly asOf: string | undefined
}

interface Told {
  readonly id: unknown
  readonly costs: JsonValue | undefined
}

/** `providers`: those whose prices are taken from lists of all the world. */
type Read = (feed: JsonObject, providers: ReadonlySet<string>) => readonly Told[] | undefined

const SHAPES: readonly Read[] = [readOwn, readOpenRouter, readModelsDev]

/** @throws RangeError saying what the text is not. */
export function readFeed (text: string, providers: ReadonlySet<string>): Feed {
  const feed = parseObject(text)
  if (!feed) throw new RangeError('is no JSON object')
  for (const read of SHAPES) {
    const told = read(feed, providers)
    if (told) return feedOf(told, feed)
  }
  throw new RangeError(
    `is no price list: neither "format": "${FORMAT}", nor OpenRouter's /models, nor models.dev's api.json`)
}

function feedOf (told: readonly Told[], { format, source, as_of: asOf }: JsonObject): Feed {
  const rows = told.flatMap(({ id, costs }) => isPriceId(id) ? [{ id, costs }] : [])
  const isOwn = format === FORMAT
  return {
    rows,
    ignored: told.length - rows.length,
    source: isOwn && typeof source === 'string' ? source.slice(0, LONGEST_SOURCE) : undefined,
    asOf: isOwn && isDay(asOf) ? asOf : undefined
  }
}

const LONGEST_SOURCE = 500

/** `{"format","as_of","source","prices":[{"id":"openai:gpt-4o","input_cost":"2.5",…}]}` */
function readOwn ({ format, prices }: JsonObject): Told[] | undefined {
  if (format !== FORMAT || !Array.isArray(prices)) return undefined
  return prices.map((row) => {
    const { id, source, as_of: asOf, ...costs } = asObject(row) ?? {}
    return { id, costs }
  })
}

/** `{"data":[{"id":"openai/gpt-4o","pricing":{"prompt":"0.0000025",…}}]}` */
function readOpenRouter ({ data }: JsonObject): Told[] | undefined {
  if (!Array.isArray(data)) return undefined
  return data.map((row) => {
    const { id, pricing } = asObject(row) ?? {}
    const members = asObject(pricing)
    return { id: typeof id === 'string' ? `openrouter:${id}` : undefined, costs: members && costsOfPricing(members) }
  })
}

/** `{"openai":{"models":{"gpt-4o":{"cost":{"input":2.5,…}}}}}`; models whose cost is not told are not there. */
function readModelsDev (feed: JsonObject, providers: ReadonlySet<string>): Told[] | undefined {
  const sellers = Object.entries(feed).map(([name, seller]) => ({ name, models: asObject(asObject(seller)?.['models']) }))
  if (sellers.length === 0 || sellers.some(({ models }) => models === undefined)) return undefined
  return sellers.flatMap(({ name, models = {} }) => {
    const provider = Object.hasOwn(PROVIDER_NAMES, name) ? PROVIDER_NAMES[name] ?? name : name
    return Object.entries(models).flatMap(([modelId, model]): Told[] => {
      const cost = asObject(model)?.['cost']
      if (cost === undefined) return []
      const members = asObject(cost)
      const id = providers.has(provider) ? `${provider}:${modelId}` : undefined
      return [{ id, costs: members && costsOfCost(members) }]
    })
  })
}
