// The operator's price list as the catalog reads it: again at each reload, and never a reason not to serve.

import { readFileSync, statSync } from 'node:fs'
import type { Price } from './catalog.ts'
import { readPriceList } from './price-list-file.ts'

/** Larger files are not read: ten times what all the world's models take. */
export const LARGEST_LIST_BYTES = 64 * 1024 * 1024

/** The same map as long as the file says the same. */
export type PriceSource = () => ReadonlyMap<string, Price>

/**
 * Reads the file at each call. One that cannot be used leaves the prices as they were, and is told once for each text.
 * `path` undefined: there is no list.
 */
export function createPriceSource (path: string | undefined, warn: (sentence: string) => void): PriceSource {
  let taken: string | undefined
  let prices: ReadonlyMap<string, Price> = new Map()
  let told: string | undefined
  return () => {
    if (path === undefined) return prices
    try {
      const text = textOf(path)
      if (text === taken) return prices
      prices = text === undefined ? new Map() : pricesIn(text)
      taken = text
      told = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== told) warn(`${path}: the price list stays as it is, because the file cannot be used: ${message}`)
      told = message
    }
    return prices
  }
}

/** Undefined: there is none. */
function textOf (path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return undefined
  if (stat.size > LARGEST_LIST_BYTES) throw new RangeError(`it is larger than ${LARGEST_LIST_BYTES} bytes`)
  return readFileSync(path, 'utf8')
}

function pricesIn (text: string): ReadonlyMap<string, Price> {
  return new Map([...readPriceList(text).prices.values()].map(({ id, price }) => [id, price]))
}
