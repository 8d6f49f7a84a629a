// The orders of the model list. What lacks the number an order goes by comes last, whichever way the order goes, and
// equals stay as the catalog has them.

import { GatewayError } from '../core/errors.ts'
import { HALF_HOUR_MS, type Measured } from './measured.ts'
import type { ListedModel } from './model-card.ts'
import { usdPerMillion } from './usd-per-million.ts'

export type ModelOrder = (models: readonly ListedModel[], measured: Measured) => readonly ListedModel[]

type NumberOf = (listed: ListedModel, measured: Measured) => number | null | undefined

const asIs: ModelOrder = (models) => models

/** By the names of https://openrouter.ai/docs/api-reference/models/get-models; popularity is nothing a broker knows. */
const ORDERS: { readonly [name: string]: ModelOrder } = {
  'most-popular': asIs,
  'top-weekly': asIs,
  'throughput-high-to-low': falling(bestThroughput),
  'latency-low-to-high': rising(bestLatencyMs),
  newest: falling(({ card }) => card.created),
  'pricing-low-to-high': rising(promptPrice),
  'pricing-high-to-low': falling(promptPrice),
  'context-high-to-low': falling(({ card }) => card.context_length),
  'intelligence-high-to-low': falling(index('intelligence')),
  'coding-high-to-low': falling(index('coding')),
  'agentic-high-to-low': falling(index('agentic')),
  'design-arena-elo-high-to-low': falling(bestElo)
}

/** Undefined: none is asked for. @throws GatewayError `invalid_body` */
export function readSort (name: string | undefined): ModelOrder | undefined {
  if (name === undefined || name === '') return undefined
  const order = Object.hasOwn(ORDERS, name) ? ORDERS[name] : undefined
  if (order) return order === asIs ? undefined : order
  const reason = `sort must be one of ${Object.keys(ORDERS).join(', ')}.`
  throw new GatewayError('invalid_body', { reason }, { param: 'sort' })
}

function rising (numberOf: NumberOf): ModelOrder {
  return (models, measured) => sorted(models, (listed) => numberOf(listed, measured), 1)
}

function falling (numberOf: NumberOf): ModelOrder {
  return (models, measured) => sorted(models, (listed) => numberOf(listed, measured), -1)
}

/** Each number is worked out once and not once per comparison. */
function sorted (
  models: readonly ListedModel[], numberOf: (listed: ListedModel) => number | null | undefined, sign: 1 | -1
): readonly ListedModel[] {
  return models
    .map((listed) => ({ listed, number: numberOf(listed) ?? undefined }))
    .sort(({ number: one }, { number: other }) => {
      if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined)
      return (one - other) * sign
    })
    .map(({ listed }) => listed)
}

function bestThroughput ({ model }: ListedModel, measured: Measured): number | undefined {
  const medians = (model?.backends ?? []).flatMap(({ id }) => measured.throughput(id, HALF_HOUR_MS)?.p50 ?? [])
  return medians.length === 0 ? undefined : Math.max(...medians)
}

function bestLatencyMs ({ model }: ListedModel, measured: Measured): number | undefined {
  const medians = (model?.backends ?? []).flatMap(({ id }) => measured.latencyMs(id, HALF_HOUR_MS)?.p50 ?? [])
  return medians.length === 0 ? undefined : Math.min(...medians)
}

function promptPrice ({ card }: ListedModel): number | undefined {
  return usdPerMillion(card.pricing.prompt)
}

function index (name: string): NumberOf {
  return ({ card }) => card.benchmarks?.artificial_analysis?.[`${name}_index`]
}

function bestElo ({ card }: ListedModel): number | undefined {
  const elos = (card.benchmarks?.design_arena ?? []).map(({ elo }) => elo).filter((elo) => typeof elo === 'number')
  return elos.length === 0 ? undefined : Math.max(...elos)
}
