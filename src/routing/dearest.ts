// The dearest tokens of a catalog as one price: what a model whose own price is not known is assumed to cost at most.

import type { Catalog, Price } from '../catalog/catalog.ts'
import type { Rate } from '../core/money.ts'
import { pricesOfDay } from '../metering/price-of-day.ts'
import { sheetOf } from '../metering/price-sheet.ts'

/** Never booked as a price: it bounds. Undefined: nothing in the catalog is priced by the token. */
export function dearestOf ({ models }: Catalog): Price | undefined {
  const backends = [...models.values()].flatMap(({ backends }) => backends)
  const sheets = backends.flatMap(({ price }) => price ? pricesOfDay(price).map(sheetOf) : [])
  const input = dearestRate(sheets.map(({ worstInput }) => worstInput))
  const output = dearestRate(sheets.map(({ worstOutput }) => worstOutput))
  return input && output && { version: 'assumed', rates: { input, output } }
}

function dearestRate (rates: ReadonlyArray<Rate | undefined>): Rate | undefined {
  return rates.reduce((dearest, rate) => {
    if (!rate || !dearest) return rate ?? dearest
    return rate.nanoUsd * dearest.per > dearest.nanoUsd * rate.per ? rate : dearest
  }, undefined)
}
