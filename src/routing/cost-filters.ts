// Backends that are out for money: their cost is not known, or could be more than the client allows.

import type { Price } from '../catalog/catalog.ts'
import { toldTask } from '../core/ask.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import { ceilingOf, isPriced } from '../metering/estimate.ts'
import type { Filter } from './filter.ts'
import type { PlanRequest } from './plan.ts'
import { priceWhileRunning, type PriceTimes } from './price-times.ts'
import { UNKNOWN_AMOUNT } from './reasons.ts'
import { translationAt, type Row } from './roster.ts'

const ONLINE = /:online(:|$)/

export function costFilters (usual: UnknownPrice, times: PriceTimes): readonly Filter[] {
  return [
    {
      code: 'price_unknown',
      excludes: ({ provider, backend }, { task, principal }) => {
        const mayBeUsed = (principal.unknownPrice ?? usual) !== 'deny' || provider?.isFree === true
        return mayBeUsed || isPriced(task, backend.price) ? undefined : backend.id
      }
    },
    {
      code: 'too_costly',
      excludes: (row, request) => {
        if (request.maxCost === undefined) return undefined
        return costAbove(request.maxCost, row, request, priceWhileRunning(row, request, times))
      }
    }
  ]
}

/** What the backend could charge at most, where that is more than `limit`, or not known. */
function costAbove (
  limit: NanoUsd, row: Row, { task: asked, envelope }: PlanRequest, price: Price | undefined
): string | undefined {
  const { model, backend: { modelId, markup }, provider } = row
  if (provider?.isFree === true) return undefined
  const sentId = ONLINE.test(envelope.model) ? `${modelId}:online` : modelId // a search for each request costs extra
  const task = toldTask(asked, translationAt(row, asked))
  const ceiling = ceilingOf({ task, envelope, model, modelId: sentId, price, markup })
  if (ceiling === undefined) return UNKNOWN_AMOUNT
  return ceiling > limit ? `USD ${formatUsd(ceiling)}` : undefined
}
