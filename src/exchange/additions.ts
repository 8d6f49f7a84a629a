// What the broker adds to an answer that is not OpenRouter's own: provider, cost, x_aibroker.

import type { JsonObject } from '../core/json.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import { inputTokens, outputTokens } from '../core/usage.ts'
import type { Cost, Measured } from '../metering/cost.ts'
import type { Additions, Identity } from '../wire/format.ts'
import type { Ask } from './ask.ts'
import type { Turn } from './turns.ts'

export interface AnswerFacts {
  readonly policy: string
  readonly attempts: number
  readonly durationMs: number
  /** The provider as the rows name it. */
  readonly provider: string
  readonly identity: Identity
  /** `openrouter_metadata`, for a client that asked. */
  readonly metadata: JsonObject | undefined
}

export function additionsOf (ask: Ask, turn: Turn, cost: Cost & Measured, facts: AnswerFacts): Additions {
  return {
    identity: facts.identity,
    provider: JSON.stringify(turn.provider.displayName),
    wantsBase64: ask.envelope.wantsBase64 === true,
    hidesReasoning: ask.envelope.hidesReasoning === true,
    usage: ask.task === 'rerank' ? rankedUsage(cost) : countedUsage(cost),
    asked: ask.task === 'rerank' && ask.body.kind === 'json' ? ask.body.json.value : undefined,
    metadata: facts.metadata && JSON.stringify(facts.metadata),
    cost: cost.amount === undefined ? undefined : decimalOf(cost.amount),
    xAibroker: JSON.stringify({
      provider: facts.provider,
      model_id: turn.candidate.backend.modelId,
      requested_model: ask.envelope.model,
      strategy: facts.policy,
      cost_usd: cost.amount === undefined ? null : formatUsd(cost.amount),
      cost_grade: cost.grade,
      input_tokens: inputTokens(cost.usage) ?? null,
      output_tokens: outputTokens(cost.usage) ?? null,
      duration_ms: Math.round(facts.durationMs),
      attempts: facts.attempts
    })
  }
}

/** Tokens that we counted ourselves; `cost_grade` says so. A bound is no count: then no usage is told (P5). */
function countedUsage ({ grade, usage }: Cost & Measured): string | undefined {
  if (grade !== 'counted') return undefined
  const input = inputTokens(usage)
  const output = outputTokens(usage)
  if (input === undefined || output === undefined) return undefined
  return JSON.stringify({ prompt_tokens: input, completion_tokens: output, total_tokens: input + output })
}

/** What a reranker told beside its usage, in OpenRouter's words. */
function rankedUsage ({ usage: { search_units: units, input }, amount }: Cost & Measured): string | undefined {
  if (units === undefined && input === undefined) return undefined
  const told = JSON.stringify({ search_units: units, total_tokens: input })
  return amount === undefined ? told : `${told.slice(0, -1)},"cost":${decimalOf(amount)}}`
}

/** A JSON number without trailing zeros: `usage.cost` is a number in every client's type. */
function decimalOf (amount: NanoUsd): string {
  return formatUsd(amount).replace(/\.?0+$/, '')
}
