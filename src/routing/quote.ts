// What a request would do and cost, without doing it: the plan with prices, for people and programs that ask first.
//
// What must hold: nothing is sent, recorded or taken for it. `maximum` is the ceiling the books would reserve.
// `minimum` is the fee for a request, nearly always zero: how few tokens a text will be, and which of them are cached,
// nobody knows.

import type { Backend, Price } from '../catalog/catalog.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import { expectedOf } from '../metering/estimate.ts'
import type { Candidate, Exclusion, Plan, PlanRequest } from './plan.ts'
import { reasonFor } from './reasons.ts'

/** `auto` ranks hundreds; an exchange tries six at the most. */
const MOST_SHOWN = 12

/** The plan in JSON terms: the shape of `POST /v1/explain` and of `?dry_run=1`. Amounts null: price not known. */
export function quoteOf (plan: Plan, request: PlanRequest) {
  const shown = plan.candidates.slice(0, MOST_SHOWN)
  const candidates = shown.map((candidate) => offerOf(candidate, request))
  return {
    object: 'aibroker.quote',
    dry_run: true,
    requested_model: plan.requestedModel,
    task: request.task,
    is_stream: request.envelope.isStream,
    policy: plan.policy,
    catalog_version: plan.catalogVersion,
    would_ask: candidates[0]?.backend ?? null,
    minimum_cost_usd: candidates[0]?.minimum_cost_usd ?? null,
    expected_cost_usd: candidates[0]?.expected_cost_usd ?? null,
    maximum_cost_usd: candidates[0]?.maximum_cost_usd ?? null,
    candidates,
    ranked_lower: plan.candidates.length - shown.length,
    excluded: plan.excluded.map(exclusionOf)
  }
}

function offerOf ({ backend, model, ceiling }: Candidate, { task, envelope }: PlanRequest) {
  const isFree = ceiling === 0n
  const offer = { task, envelope, model, price: backend.price }
  const expected = isFree ? 0 : expectedOf(offer)
  return {
    ...namesOf(backend),
    model: model.name,
    minimum_cost_usd: usd(isFree ? 0n : leastOf(backend.price)),
    expected_cost_usd: usd(expected === undefined ? undefined : BigInt(Math.round(expected))),
    maximum_cost_usd: usd(ceiling),
    price_version: backend.price?.version ?? null
  }
}

function leastOf (price: Price | undefined): NanoUsd | undefined {
  if (!price) return undefined
  const { requests } = price.rates
  return requests ? requests.nanoUsd / requests.per : 0n
}

function exclusionOf ({ backend, code, detail }: Exclusion) {
  const { reason, wouldHelp } = reasonFor(code, detail)
  return { ...namesOf(backend), code, reason, would_help: wouldHelp }
}

function namesOf ({ id, provider, modelId }: Backend) {
  return { backend: id, provider, model_id: modelId }
}

function usd (amount: NanoUsd | undefined): string | null {
  return amount === undefined ? null : formatUsd(amount)
}
