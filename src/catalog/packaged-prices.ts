// The packaged modelsconfig.yml as a price list: `openai/gpt-5-nano` has a price although the operator named no model.

import { join } from 'node:path'
import { packageRoot } from '../paths.ts'
import type { Catalog, Model, Price } from './catalog.ts'

export const packagedPath = join(packageRoot, 'modelsconfig.yml')

/**
 * The catalog with `listed` prices under its own. Providers whose base URL the operator changed are left out: behind
 * another address the provider's list prices mean nothing.
 */
export function withListPrices (catalog: Catalog, listed: ReadonlyMap<string, Price>): Catalog {
  const prices = new Map<string, Price>()
  for (const [id, price] of listed) {
    const provider = id.slice(0, id.indexOf(':'))
    if (catalog.providers.get(provider)?.baseUrl === undefined) prices.set(id, price)
  }
  for (const [id, price] of catalog.prices) prices.set(id, price)
  return Object.freeze({ ...catalog, prices })
}

/** The packaged catalog with `newer` prices for its own, which came with the package: no operator wrote them. */
export function withNewerPrices (catalog: Catalog, newer: ReadonlyMap<string, Price>): Catalog {
  if (newer.size === 0) return catalog
  const models = new Map([...catalog.models].map(([name, model]) => [name, repriced(model, newer)]))
  const names = new Map([...catalog.names].map(([name, model]) => [name, models.get(model.name) ?? model]))
  return Object.freeze({ ...catalog, models, names, prices: new Map([...catalog.prices, ...newer]) })
}

function repriced (model: Model, newer: ReadonlyMap<string, Price>): Model {
  if (!model.backends.some(({ id }) => newer.has(id))) return model
  const backends = model.backends.map((backend) => {
    const price = newer.get(backend.id)
    return price ? Object.freeze({ ...backend, price }) : backend
  })
  return Object.freeze({ ...model, backends: Object.freeze(backends) })
}
