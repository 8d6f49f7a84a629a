// A generation in OpenRouter's shape: https://openrouter.ai/docs/api/api-reference/generations/get-generation
//
// What must hold: every member is there, because strict clients ask for each; what is not known is null and never a
// zero (P5), also where OpenRouter has no null: the cost of a generation whose price nobody knows. A generation that
// still runs has no answer yet and is as unknown as none.

import { formatUsd, type NanoUsd } from '../core/money.ts'
import { inputTokens, outputTokens, USAGE_KINDS, type CostGrade, type Usage, type UsageKind } from '../core/usage.ts'
import type { AttemptAnswer, Generation } from './account.ts'
import { cacheDiscount } from './account-discount.ts'
import { dollars } from './account-money.ts'
import type { Feedback } from './feedback.ts'
import type { AttemptRecord, ExchangeRecord } from './reports.ts'

const API_TYPES: { readonly [task: string]: string } = {
  chat: 'completions',
  completion: 'completions',
  embedding: 'embeddings',
  speech: 'tts',
  transcription: 'stt',
  image: 'image',
  rerank: 'rerank'
}
const CLIENT_GONE = 499
const FAILED = 400

/** Members that the ledger keeps nothing for. */
const NOT_KEPT = {
  upstream_inference_cost: null,
  app_id: null,
  moderation_latency: null,
  num_media_prompt: null,
  num_media_completion: null,
  num_input_audio_prompt: null,
  num_fetches: null,
  web_search_engine: null,
  origin: '',
  http_referer: null,
  user_agent: null,
  external_user: null,
  is_byok: false,
  router: null,
  service_tier: null,
  preset_id: null,
  workspace_id: null,
  data_region: 'global'
}

type NameOf = (provider: string) => string

/** `nameOf`: how a provider is called towards people. Undefined: it still runs. */
export function generationJson (generation: Generation, nameOf: NameOf) {
  const { record, answers } = generation
  if (record.status === undefined) return undefined
  const { attempts } = record
  const cost = costOf(attempts)
  return {
    data: {
      ...NOT_KEPT,
      id: record.id,
      created_at: new Date(record.createdAtMs).toISOString(),
      streamed: record.isStream,
      api_type: API_TYPES[record.task] ?? null,
      total_cost: orNull(cost, dollars),
      usage: orNull(cost, dollars),
      cache_discount: orNull(discountOf(generation), dollars),
      ...endOf(generation, nameOf),
      ...timesOf(record),
      ...tokensOf(added(answers.map(({ usage }) => usage))),
      provider_responses: attempts.map((attempt, at) => responseOf(attempt, answers[at]?.upstreamId, nameOf)),
      x_aibroker: { ...xAibroker(record, cost), feedback: orNull(generation.feedback, feedbackJson) }
    }
  }
}

/** What the last attempt says, which is the one that answered when any did. */
function endOf ({ record, answers }: Generation, nameOf: NameOf) {
  const { status = 0, error, attempts, requestedModel } = record
  const last = attempts[attempts.length - 1]
  const answer = answers[answers.length - 1]
  return {
    upstream_id: answer?.upstreamId ?? null,
    model: last ? last.model : requestedModel,
    provider_name: last ? nameOf(last.provider) : null,
    cancelled: status === CLIENT_GONE || last?.outcome === 'abandoned',
    ...finishOf(status >= FAILED || error !== undefined, answer)
  }
}

/** What is not whole has no other reason than that. */
function finishOf (isFailed: boolean, { finish }: Partial<AttemptAnswer> = {}) {
  return { finish_reason: isFailed ? 'error' : finish?.reason ?? null, native_finish_reason: finish?.native ?? null }
}

function orNull<Value, Shown> (value: Value | undefined, show: (value: Value) => Shown): Shown | null {
  return value === undefined ? null : show(value)
}

/** `latency`: from the request to the first output. `generation_time`: of the call that answered, to its end. */
function timesOf ({ createdAtMs, attempts }: ExchangeRecord) {
  const last = attempts[attempts.length - 1]
  const first = last?.firstEventMs
  return {
    latency: last && first !== undefined ? last.startedAtMs - createdAtMs + first : null,
    generation_time: last?.durationMs ?? null
  }
}

/** Counts are the provider's own; no other tokenizer is asked, so the normalised ones are the same. */
function tokensOf (usage: Usage) {
  const [input, output] = [inputTokens(usage) ?? null, outputTokens(usage) ?? null]
  return {
    tokens_prompt: input,
    tokens_completion: output,
    native_tokens_prompt: input,
    native_tokens_completion: output,
    native_tokens_reasoning: usage.reasoning ?? null,
    native_tokens_cached: usage.cache_read ?? null,
    native_tokens_completion_images: usage.image_output ?? null,
    num_search_results: usage.searches ?? null
  }
}

function responseOf (attempt: AttemptRecord, upstreamId: string | undefined, nameOf: NameOf) {
  return {
    status: attempt.upstreamStatus ?? null,
    provider_name: nameOf(attempt.provider),
    endpoint_id: `${attempt.provider}:${attempt.modelId}`,
    ...upstreamId !== undefined && { id: upstreamId },
    ...attempt.durationMs !== undefined && { latency: attempt.durationMs },
    model_permaslug: attempt.modelId,
    is_byok: false
  }
}

function xAibroker (record: ExchangeRecord, cost: NanoUsd | undefined) {
  const { requestedModel, status, error, durationMs, attempts } = record
  const markups = attempts.flatMap(({ markupNanoUsd }) => markupNanoUsd ?? [])
  return {
    requested_model: requestedModel,
    status: status ?? null,
    error: error ?? null,
    duration_ms: durationMs ?? null,
    attempts: attempts.length,
    cost_usd: orNull(cost, formatUsd),
    cost_grade: gradeOf(attempts),
    markup_usd: markups.length === 0 ? null : formatUsd(sum(markups))
  }
}

function feedbackJson ({ category, comment, createdAtMs }: Feedback) {
  return { category, comment: comment ?? null, created_at: new Date(createdAtMs).toISOString() }
}

/** Undefined: the cost of some attempt is not known. An exchange without attempts cost nothing. */
function costOf (attempts: readonly AttemptRecord[]): NanoUsd | undefined {
  const costs = attempts.flatMap(({ costNanoUsd }) => costNanoUsd ?? [])
  return costs.length === attempts.length ? sum(costs) : undefined
}

const WORST_FIRST: readonly CostGrade[] = ['unpriced', 'bounded', 'counted', 'reported', 'free']

/** A sum is known as well as its worst part. */
function gradeOf (attempts: readonly AttemptRecord[]): string | null {
  return WORST_FIRST.find((grade) => attempts.some((attempt) => attempt.grade === grade)) ?? null
}

function discountOf ({ record, answers }: Generation): NanoUsd | undefined {
  const discounts = record.attempts.flatMap((attempt, at) => {
    const answer = answers[at]
    return (answer && cacheDiscount(attempt, answer)) ?? []
  })
  return discounts.length === 0 ? undefined : sum(discounts)
}

function added (usages: readonly Usage[]): Usage {
  const total: { [kind in UsageKind]?: number } = {}
  for (const kind of USAGE_KINDS) {
    const counts = usages.flatMap((usage) => usage[kind] ?? [])
    if (counts.length > 0) total[kind] = counts.reduce((one, other) => one + other)
  }
  return total
}

function sum (amounts: readonly NanoUsd[]): NanoUsd {
  return amounts.reduce((one, other) => one + other, 0n)
}
