// The price of a backend as written in the file: costs, and what changes them, to an exact price with a version.

import type { Price } from './catalog.ts'
import type { Report } from './config-error.ts'
import { COST_KEYS, hasCost, readRates } from './cost-keys.ts'
import type { Field } from './fields.ts'
import { makePrice } from './price-document.ts'
import { readTerms, TERM_KEYS } from './price-terms.ts'

/** All keys of a backend that make its price. */
export const PRICE_KEYS: readonly string[] = [...Object.keys(COST_KEYS), ...TERM_KEYS]

/** The price of a backend, or undefined when no cost is given: then it is unknown, which is not zero. */
export function priceOf (members: ReadonlyMap<string, Field>, report: Report): Price | undefined {
  const rates = readRates(members)
  const terms = readTerms(members, report)
  if (Object.keys(rates).length > 0) return makePrice(rates, terms)
  if (hasCost(members)) return undefined
  for (const key of TERM_KEYS) members.get(key)?.refuse('has no cost to change: give input_cost or another one beside it')
  return undefined
}
