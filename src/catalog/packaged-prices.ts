// The packaged modelsconfig.yml as a price list: `openai/gpt-5-nano` has a price although the operator named no model.

import { join } from 'node:path'
import { packageRoot } from '../paths.ts'
import type { Catalog, Price } from './catalog.ts'

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
