// What recorded usage costs by the prices of today: for attempts whose price was not known.

import type { Catalog, Price } from '../catalog/catalog.ts'
import { inputTokens, outputTokens, type Measured, type Usage } from '../core/usage.ts'
import type { Repricing, UnpricedAttempt } from '../ledger/adjustment.ts'

/** `price_unknown`: still. `usage_unknown`: what was told of it cannot be billed by the price. */
export type NoRepricing = 'price_unknown' | 'usage_unknown'

/** What tells the whole usage of a task; absent: input and output tokens. Like the readers of src/wire. */
const IS_WHOLE: { readonly [task: string]: (usage: Usage) => boolean } = {
  embedding: ({ input }) => input !== undefined,
  moderation: ({ input }) => input !== undefined,
  rerank: ({ input, search_units: units }) => input !== undefined || units !== undefined,
  transcription: (usage) => usage.audio_ms !== undefined || hasBothEnds(usage)
}

export type Reprice = (attempt: UnpricedAttempt) => Repricing | NoRepricing

/**
 * Costs at the plain rates of a price, those of the time of day it was sent: rows of unpriced attempts do not keep what
 * the answer told of its service tier or region. No markup: it belongs to a bill that was shown.
 */
export async function openRepricing (catalog: Catalog): Promise<Reprice> {
  const { costOf } = await import('../metering/cost.ts')
  const { lineItemsText } = await import('../metering/line-items.ts')
  return (attempt) => {
    const price = priceOf(attempt, catalog)
    if (!price) return 'price_unknown'
    const bounds = { ceiling: undefined, isFree: false, sentAtMs: attempt.startedAtMs }
    const { amount, grade, lines, applied } = costOf(measuredOf(attempt), price, bounds)
    if (amount === undefined) return 'usage_unknown'
    return {
      attempt: attempt.id,
      cost: amount,
      grade,
      priceVersion: price.version,
      priceDocument: price.document,
      lineItems: lineItemsText(lines, applied)
    }
  }
}

/** That of the model's own backend first: two models may serve one upstream model at prices of their own. */
function priceOf ({ provider, model, modelId }: UnpricedAttempt, { names, prices }: Catalog): Price | undefined {
  const id = `${provider}:${modelId}`
  return names.get(model)?.backends.find((backend) => backend.id === id)?.price ?? prices.get(id)
}

function measuredOf ({ task, usage }: UnpricedAttempt): Measured {
  const isWhole = IS_WHOLE[task] ?? hasBothEnds
  return { usage, reportedCost: undefined, isTold: isWhole(usage) }
}

function hasBothEnds (usage: Usage): boolean {
  return inputTokens(usage) !== undefined && outputTokens(usage) !== undefined
}
