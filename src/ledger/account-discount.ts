// What prompt caching took off a bill, from the usage and the price it was booked at.

import { priceOf, type NanoUsd } from '../core/money.ts'
import type { UsageKind } from '../core/usage.ts'
import type { AttemptAnswer } from './account.ts'
import type { AttemptRecord } from './reports.ts'

const CACHED: readonly UsageKind[] = ['cache_read', 'cache_write', 'cache_write_1h']
const RATE = /^([a-z_0-9]+)=(\d{1,40})\/(\d{1,40})$/
/** In the line items: a tier, a service or a region was applied, and the plain rates are not those of the bill. */
const APPLIED = '='

/**
 * Against fresh input; negative where writing cost more than reading saved, as OpenRouter has it. Undefined: nothing
 * was cached, or the bill is no sum of plain rates (told by the provider, a bound, a tier).
 */
export function cacheDiscount (
  { lineItems }: AttemptRecord, { usage, priceDocument }: AttemptAnswer
): NanoUsd | undefined {
  if (lineItems === undefined || lineItems.includes(APPLIED) || priceDocument === undefined) return undefined
  const rates = ratesOf(priceDocument)
  const fresh = rates.get('input')
  if (!fresh) return undefined
  let discount: NanoUsd | undefined
  for (const kind of CACHED) {
    const count = usage[kind] ?? 0
    const rate = rates.get(kind)
    if (count > 0 && rate) discount = (discount ?? 0n) + priceOf(count, fresh) - priceOf(count, rate)
  }
  return discount
}

/** The rates are the first part of the document. */
function ratesOf (document: string) {
  const [rates = ''] = document.split('|', 1)
  return new Map(rates.split(';').flatMap((part) => {
    const [, kind = '', nanoUsd = '', per = ''] = RATE.exec(part) ?? []
    return kind === '' ? [] : [[kind, { nanoUsd: BigInt(nanoUsd), per: BigInt(per) }]]
  }))
}
