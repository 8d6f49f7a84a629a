// A feed against the list in use: what is added, changed and gone, and what has to wait for a person.

import type { Price } from './catalog.ts'
import { objectionTo, objectionToFirst, type Limits } from './price-list-change.ts'
import { readCosts, type ReadCosts } from './price-list-costs.ts'
import type { FeedRow } from './price-list-feeds.ts'
import type { HeldKind, HeldPrice, ListedPrice, PriceList } from './price-list.ts'

export interface ReviewParts extends Limits {
  readonly list: PriceList
  /** The packaged prices, which count where the list has none. */
  readonly builtIn: ReadonlyMap<string, Price>
  readonly rows: readonly FeedRow[]
  readonly source: string
  readonly asOf: string
}

export interface Change {
  readonly id: string
  readonly before: Price | undefined
  readonly after: Price
}

export interface Review {
  readonly added: readonly Change[]
  readonly changed: readonly Change[]
  readonly unchanged: number
  /** By this feed, now; what other feeds left waiting is in the list alone. */
  readonly held: readonly HeldPrice[]
  /** The list as it becomes. */
  readonly list: PriceList
}

type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'taken', readonly listed: ListedPrice, readonly before: Price | undefined }
  | { readonly kind: 'held', readonly held: HeldPrice }

/** Changes nothing: the list that comes back is another one. */
export function reviewFeed (parts: ReviewParts): Review {
  const { list, rows, source } = parts
  const prices = new Map(list.prices)
  const held = new Map([...list.held].filter(([, one]) => one.source !== source))
  const verdicts = [...verdictsOn(parts), ...removalsIn(parts)]
  for (const { id } of rows) held.delete(id)
  for (const verdict of verdicts) {
    if (verdict.kind === 'taken') prices.set(verdict.listed.id, verdict.listed)
    if (verdict.kind === 'held') held.set(verdict.held.id, verdict.held)
  }
  const taken = verdicts.flatMap((verdict) => verdict.kind === 'taken' ? [verdict] : [])
  const changes = taken.map(({ listed, before }) => ({ id: listed.id, before, after: listed.price }))
  return {
    added: changes.filter(({ before }) => !before),
    changed: changes.filter(({ before }) => before),
    unchanged: verdicts.filter(({ kind }) => kind === 'same').length,
    held: verdicts.flatMap((verdict) => verdict.kind === 'held' ? [verdict.held] : []),
    list: { prices, held }
  }
}

/** Takes a held price into the list, or forgets a removed one. Undefined: there is nothing to take. */
export function approve ({ prices, held }: PriceList, id: string): PriceList | undefined {
  const waiting = held.get(id)
  if (!waiting || waiting.kind === 'unreadable') return undefined
  const [takenInto, left] = [new Map(prices), new Map(held)]
  left.delete(id)
  if (waiting.listed) takenInto.set(id, waiting.listed)
  else takenInto.delete(id)
  return { prices: takenInto, held: left }
}

function verdictsOn (parts: ReviewParts): Verdict[] {
  const times = new Map<string, number>()
  for (const { id } of parts.rows) times.set(id, (times.get(id) ?? 0) + 1)
  const first = new Map(parts.rows.map((row) => [row.id, row]))
  return [...first.values()].map((row): Verdict => {
    if (times.get(row.id) === 1) return verdictOn(row, parts)
    return heldAs({ kind: 'unreadable', reason: 'it is in the feed more than once' }, row.id, parts)
  })
}

function verdictOn ({ id, costs }: FeedRow, parts: ReviewParts): Verdict {
  const read = readCosts(costs)
  if (read.kind === 'unreadable') return heldAs({ kind: 'unreadable', reason: read.reason }, id, parts)
  const { price } = read
  const before = parts.list.prices.get(id)?.price ?? parts.builtIn.get(id)
  if (before?.version === price.version) return { kind: 'same' }
  const { source, asOf } = parts
  // Costs that were read are an object.
  const listed: ListedPrice = { id, costs: costs as ListedPrice['costs'], price, source, asOf }
  const reason = objectionIn(read, before, parts)
  if (reason === undefined) return { kind: 'taken', listed, before }
  return heldAs({ kind: before ? 'changed' : 'added', reason, listed }, id, parts)
}

function objectionIn (
  read: Exclude<ReadCosts, { kind: 'unreadable' }>, before: Price | undefined, limits: Limits
): string | undefined {
  if (read.kind === 'doubt') return read.reason
  return before ? objectionTo(read.price, before, limits) : objectionToFirst(read.price)
}

/** What this feed once listed and does not any more stays until somebody lets it go. */
function removalsIn (parts: ReviewParts): Verdict[] {
  const there = new Set(parts.rows.map(({ id }) => id))
  return [...parts.list.prices.values()]
    .filter(({ id, source }) => source === parts.source && !there.has(id))
    .map(({ id }) => heldAs({ kind: 'removed', reason: 'the feed does not list it any more' }, id, parts))
}

interface Held {
  readonly kind: HeldKind
  readonly reason: string
  readonly listed?: ListedPrice
}

function heldAs ({ kind, reason, listed }: Held, id: string, { source, asOf }: ReviewParts): Verdict {
  return { kind: 'held', held: { id, kind, reason, listed, source, asOf } }
}
