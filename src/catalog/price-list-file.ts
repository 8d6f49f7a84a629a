// <home>/prices.json: the list as text and back. Whoever writes it writes all of it.

import { asObject, parseObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { readCosts } from './price-list-costs.ts'
import { FORMAT, isDay, isPriceId, type HeldKind, type HeldPrice, type ListedPrice, type PriceList } from './price-list.ts'

export const FILE_NAME = 'prices.json'

const HELD_KINDS: readonly HeldKind[] = ['added', 'changed', 'removed', 'unreadable']

/** @throws RangeError naming the first entry that cannot be used: half a list would price the rest as unknown. */
export function readPriceList (text: string): PriceList {
  return readPriceListMembers(parseObject(text))
}

/** The same of JSON that was parsed. @throws RangeError */
export function readPriceListMembers (file: JsonObject | undefined): PriceList {
  if (file?.['format'] !== FORMAT) throw new RangeError(`it is not a price list ("format": "${FORMAT}")`)
  const prices = itemsOf(file, 'prices').map(readListed)
  const held = itemsOf(file, 'quarantine').map(readHeld)
  return {
    prices: new Map(prices.map((listed) => [listed.id, listed])),
    held: new Map(held.map((one) => [one.id, one]))
  }
}

export function priceListText (list: PriceList): string {
  return `${JSON.stringify(priceListMembers(list), undefined, 1)}\n`
}

export function priceListMembers ({ prices, held }: PriceList) {
  return {
    format: FORMAT,
    prices: [...prices.values()].sort(byId).map(writeListed),
    quarantine: [...held.values()].sort(byId).map(({ id, kind, reason, listed, source, asOf }) =>
      ({ id, kind, reason, source, as_of: asOf, ...listed && { costs: listed.costs } }))
  }
}

function itemsOf (file: JsonObject, name: string): JsonObject[] {
  const { [name]: list = [] } = file
  if (!Array.isArray(list)) throw new RangeError(`"${name}" is no list`)
  return list.map((item, at) => {
    const members = asObject(item)
    if (!members) throw new RangeError(`${name}/${at} is no object`)
    return members
  })
}

function readListed ({ id, source, as_of: asOf, ...costs }: JsonObject): ListedPrice {
  const place = readPlace(id, source, asOf)
  const read = readCosts(costs)
  if (read.kind === 'unreadable') throw new RangeError(`${place.id}: ${read.reason}`)
  return { ...place, costs, price: read.price }
}

function readHeld ({ id, kind, reason, source, as_of: asOf, costs }: JsonObject): HeldPrice {
  const place = readPlace(id, source, asOf)
  const known = HELD_KINDS.find((one) => one === kind)
  if (!known || typeof reason !== 'string') throw new RangeError(`${place.id}: is held for no known reason`)
  const listed = costs === undefined ? undefined : readListed({ ...asObject(costs), id, source, as_of: asOf })
  return { ...place, kind: known, reason, listed }
}

function readPlace (id: JsonValue | undefined, source: JsonValue | undefined, asOf: JsonValue | undefined) {
  if (!isPriceId(id)) throw new RangeError(`${JSON.stringify(id)} is no <provider>:<model id>`)
  if (typeof source !== 'string' || !isDay(asOf)) throw new RangeError(`${id}: has no "source" or no "as_of"`)
  return { id, source, asOf }
}

function writeListed ({ id, costs, source, asOf }: ListedPrice): JsonObject {
  return { id, ...costs, source, as_of: asOf }
}

function byId (one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1
}
