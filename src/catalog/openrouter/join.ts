// The file's models and the live list's, as one catalog: what the operator wrote counts, the list lies under it.

import { createHash } from 'node:crypto'
import type { Backend, Catalog, Model, Price } from '../catalog.ts'
import { isFurtherName, type Entry } from './entries.ts'
import { priceIdOf, PROVIDER, type Live } from './live.ts'

export interface JoinOptions {
  /** Whether `auto` may choose from the list as well. */
  readonly hasAuto: boolean
}

/** `catalog` with everything that is only in the list; the very catalog without a list. */
export function withLive (catalog: Catalog, live: Live | undefined, { hasAuto }: JoinOptions): Catalog {
  if (!live) return catalog
  const prices = new Map(catalog.prices)
  for (const [id, { price }] of live.prices.prices) if (!prices.has(id)) prices.set(id, price)
  const entries = new Map(live.entries.map((entry) => [priceIdOf(entry.id), entry]))
  const models = new Map([...catalog.models].map(([name, model]) => [name, withFacts(model, entries)]))
  const names = new Map([...catalog.names].map(([name, model]) => [name, models.get(model.name) ?? model]))
  for (const entry of live.entries) {
    if (names.has(entry.id)) continue
    const model = modelOf(entry, { catalog, prices, hasAuto })
    models.set(model.name, model)
    names.set(model.name, model)
  }
  return Object.freeze({ ...catalog, version: versionOf(catalog, live), models, names: withSlugs(names, live), prices })
}

/** A model of the file keeps every word of its own, and has the list's for what the file has no word for. */
function withFacts (model: Model, entries: ReadonlyMap<string, Entry>): Model {
  const entry = model.backends.map(({ id }) => entries.get(id)).find((entry) => entry !== undefined)
  return entry ? Object.freeze({ ...model, listed: entry.model.listed }) : model
}

interface Around extends JoinOptions {
  readonly catalog: Catalog
  readonly prices: ReadonlyMap<string, Price>
}

function modelOf ({ id, model }: Entry, { catalog, prices, hasAuto }: Around): Model {
  const { markup, facts } = catalog.providers.get(PROVIDER) ?? {}
  const backend: Backend = Object.freeze({
    id: priceIdOf(id), provider: PROVIDER, modelId: id, priority: 0, price: prices.get(priceIdOf(id)), markup, facts
  })
  const backends = Object.freeze([backend])
  return Object.freeze({ ...model, aliases: [], backends, ...!hasAuto && { isByNameOnly: true } })
}

/** The dated name of a model is one more name, unless it is another one's; variants share that of their base. */
function withSlugs (names: ReadonlyMap<string, Model>, live: Live): Map<string, Model> {
  const further = new Map(names)
  for (const { id, model: { listed: { canonical_slug: slug } } } of live.entries) {
    const model = names.get(id)
    if (model?.isLive && !id.includes(':') && isFurtherName(slug) && !further.has(slug)) further.set(slug, model)
  }
  return further
}

function versionOf ({ version }: Catalog, live: Live): string {
  return createHash('sha256').update(`${version}:${live.version}`).digest('hex').slice(0, 16)
}
