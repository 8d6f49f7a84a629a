// What a request would do and cost, without doing it: the plan with prices, for people and programs that ask first.
//
// What must hold: nothing is sent, recorded or taken for it. `maximum` is the ceiling the books would reserve.
// `minimum` is the fee for a request, nearly always zero: which tokens are cached nobody knows. The input of
// `expected` is counted where the model's tokenizer is known (metering/encodings.ts), else what its bytes usually are.

import type { Backend, Price } from '../catalog/catalog.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import type { InputTexts } from '../core/texts.ts'
import { countInput } from '../metering/counted.ts'
import { encodingOf, type Encoding } from '../metering/encodings.ts'
import { expectedOf } from '../metering/estimate.ts'
import { mostMediaTokens } from '../metering/media-tokens.ts'
import type { TokenCounter } from '../metering/token-counter.ts'
import { overrideWords, readsPriority } from './override.ts'
import type { Candidate, Exclusion, Plan, PlanRequest } from './plan.ts'
import { priceNow, type PriceTimes } from './price-times.ts'
import { reasonFor } from './reasons.ts'

/** `auto` ranks hundreds; an exchange tries six at the most. */
const MOST_SHOWN = 12

export interface QuoteParts extends Pick<PriceTimes, 'clock'> {
  readonly counter: TokenCounter
  /** The words of the request; undefined: it is not made of words. */
  readonly texts: InputTexts | undefined
}

/** Input tokens by tokenizer; without one that did not count. */
type Counts = ReadonlyMap<Encoding, number>

/** The plan in JSON terms: the shape of `POST /v1/explain` and of `?dry_run=1`. Amounts null: price not known. */
export async function quoteOf (plan: Plan, request: PlanRequest, parts: QuoteParts) {
  const shown = plan.candidates.slice(0, MOST_SHOWN)
  const counts = await countsFor(shown, parts)
  const candidates = shown.map((candidate) => ({
    ...offerOf(candidate, request, { counts, price: priceNow(candidate.backend.price, parts) }),
    ...priorityOf(candidate, plan)
  }))
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

async function countsFor (candidates: readonly Candidate[], { counter, texts }: QuoteParts): Promise<Counts> {
  const counts = new Map<Encoding, number>()
  if (!texts) return counts
  const encodings = new Set(candidates.map(({ backend }) => encodingOf(backend.modelId)))
  for (const encoding of encodings) {
    const tokens = encoding && await countInput(counter, encoding, texts)
    if (encoding && tokens !== undefined) counts.set(encoding, tokens)
  }
  return counts
}

/** Words as counted, and images as their provider counts them; undefined: one of the two is not known. */
function inputTokensOf (
  { backend: { modelId } }: Candidate, { envelope }: PlanRequest, counts: Counts
): number | undefined {
  const encoding = encodingOf(modelId)
  const words = encoding && counts.get(encoding)
  const { openInputs = 0, media } = envelope
  const images = openInputs === 0 ? 0 : media && mostMediaTokens(media.inputs, modelId)
  return words === undefined || images === undefined ? undefined : words + images
}

interface Known {
  readonly counts: Counts
  /** That of now. */
  readonly price: Price | undefined
}

function offerOf (candidate: Candidate, request: PlanRequest, { counts, price }: Known) {
  const { backend, model, ceiling, translation } = candidate
  const { task, envelope } = request
  const isFree = ceiling === 0n
  const inputTokens = inputTokensOf(candidate, request, counts)
  const offer = { task, envelope, model, inputTokens, price }
  const expected = isFree ? 0 : expectedOf(offer)
  return {
    ...namesOf(backend),
    ...translation !== undefined && { translation },
    model: model.name,
    minimum_cost_usd: usd(isFree ? 0n : leastOf(price)),
    expected_cost_usd: usd(expected === undefined ? undefined : BigInt(Math.round(expected))),
    maximum_cost_usd: usd(ceiling),
    counted_input_tokens: inputTokens ?? null,
    price_version: price?.version ?? null
  }
}

/** Where it was set live, and counted. */
function priorityOf ({ override }: Candidate, { policy }: Plan): { readonly priority?: string } {
  return override && readsPriority(policy) ? { priority: overrideWords(override) } : {}
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
