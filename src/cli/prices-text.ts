// Prices as commands show them: costs as modelsconfig.yml writes them, in US dollars.

import type { Price } from '../catalog/catalog.ts'
import type { HeldPrice } from '../catalog/price-list.ts'
import type { UsageKind } from '../core/usage.ts'
import type { Column } from './plain-text.ts'

/** `src/catalog/cost-keys.ts`, loaded once a command runs. */
export type CostKeys = typeof import('../catalog/cost-keys.ts').COST_KEYS

export const HELD_COLUMNS: readonly Column[] = [
  { title: 'id', align: 'left' },
  { title: 'kind', align: 'left' },
  { title: 'costs', align: 'left' },
  { title: 'why', align: 'left' }
]

const NANO = 1e9
const DIGITS = 12

/** `input_cost 2.5, output_cost 10, with tiers or other terms`; rounded to twelve digits, for reading only. */
export function costWords (price: Price, keys: CostKeys): string {
  const costs = Object.entries(costsOf(price, keys)).map(([key, cost]) => `${key} ${cost}`)
  return [...costs, ...price.terms ? ['with tiers or other terms'] : []].join(', ')
}

export function costsOf ({ rates }: Price, keys: CostKeys): { readonly [key: string]: string } {
  const said = new Set<UsageKind>()
  return Object.fromEntries(Object.entries(keys).flatMap(([key, { kind, per }]) => {
    const rate = rates[kind]
    if (!rate || said.has(kind)) return []
    said.add(kind)
    const cost = Number(rate.nanoUsd) * Number(per) / Number(rate.per) / NANO
    return [[key, String(Number(cost.toPrecision(DIGITS)))]]
  }))
}

export function heldCells ({ id, kind, reason, listed }: HeldPrice, keys: CostKeys): string[] {
  return [id, kind, listed ? costWords(listed.price, keys) : '-', reason]
}

export function heldJson ({ id, kind, reason, listed, source, asOf }: HeldPrice) {
  return { id, kind, reason, costs: listed?.costs ?? null, source, as_of: asOf }
}
