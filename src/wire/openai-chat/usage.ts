// The usage object of chat and legacy completions, as told by two dozen servers, to disjoint counts.
// https://platform.openai.com/docs/api-reference/chat/object

import { asObject, type JsonObject } from '../../core/json.ts'
import type { Measured } from '../../core/usage.ts'
import { readCircumstances } from '../circumstances.ts'
import { readReportedCost } from '../reported-cost.ts'
import { measuredOf, readCount, without, type ToldCounts } from '../told-counts.ts'
import { readExtras } from '../told-extras.ts'
import { partsOfInput } from '../told-input.ts'

/**
 * Counts of `usage`. OpenAI's totals hold their parts: cached, cache-written, audio, image and video tokens are inside
 * `prompt_tokens`, reasoning and the rest inside `completion_tokens`. Parts that were not told stay undefined (P5);
 * without both totals the usage counts as not told.
 */
export function readUsage (usage: JsonObject): Measured {
  const totals = totalsOf(usage)
  const input = readInput(usage, totals)
  const output = readOutput(usage, totals)
  const isTold = input.input !== undefined && output.output !== undefined
  return measuredOf(Object.assign(input, output, readExtras(usage)), {
    isTold, reportedCost: readReportedCost(usage), circumstances: readCircumstances(usage)
  })
}

/** As told, `prompt` with the cached tokens that were left out of it. */
interface Totals {
  readonly prompt: number | undefined
  readonly completion: number | undefined
  readonly total: number | undefined
  readonly cached: number | undefined
  readonly reasoning: number | undefined
}

function totalsOf (usage: JsonObject): Totals {
  const cached = readCount(asObject(usage['prompt_tokens_details'])?.['cached_tokens']) ??
    readCount(usage['prompt_cache_hit_tokens'])
  const totals = {
    prompt: promptOf(usage),
    completion: readCount(usage['completion_tokens']),
    total: readCount(usage['total_tokens']),
    cached,
    reasoning: readCount(asObject(usage['completion_tokens_details'])?.['reasoning_tokens']) ??
      readCount(usage['reasoning_tokens'])
  }
  return isCacheOutside(totals) ? { ...totals, prompt: (totals.prompt ?? 0) + (cached ?? 0) } : totals
}

/** DeepSeek splits the prompt into cache hits and misses. https://api-docs.deepseek.com/guides/kv_cache */
function promptOf (usage: JsonObject): number | undefined {
  const prompt = readCount(usage['prompt_tokens'])
  if (prompt !== undefined) return prompt
  const hit = readCount(usage['prompt_cache_hit_tokens'])
  const miss = readCount(usage['prompt_cache_miss_tokens'])
  return hit === undefined || miss === undefined ? undefined : hit + miss
}

function readInput (usage: JsonObject, { prompt, cached }: Totals): ToldCounts {
  const details = asObject(usage['prompt_tokens_details']) ?? {}
  return partsOfInput({ total: prompt, details, cached, creation: usage['cache_creation'] })
}

function readOutput (usage: JsonObject, totals: Totals): ToldCounts {
  const details = asObject(usage['completion_tokens_details']) ?? {}
  const { completion, reasoning } = totals
  const audio = readCount(details['audio_tokens'])
  const image = readCount(details['image_tokens'])
  return {
    output: without(completion, isReasoningOutside(totals) ? 0 : reasoning, audio, image),
    reasoning: reasoning ?? untoldReasoning(totals),
    audio_output: audio,
    image_output: image
  }
}

/**
 * xAI counts reasoning beside `completion_tokens`. The total proves it, and so does a part that is larger than its
 * whole, unless the total has no room for both. https://docs.x.ai/docs/guides/reasoning
 */
function isReasoningOutside ({ prompt, completion, reasoning, total }: Totals): boolean {
  if (prompt === undefined || completion === undefined || reasoning === undefined || reasoning === 0) return false
  const sum = prompt + completion + reasoning
  return total === sum || (reasoning > completion && (total === undefined || total > sum))
}

/** At times xAI leaves cached tokens out of `prompt_tokens`: then they are more than it, and the total proves it. */
function isCacheOutside ({ prompt, completion, cached, reasoning = 0, total }: Totals): boolean {
  if (prompt === undefined || completion === undefined || cached === undefined || cached <= prompt) return false
  const sum = prompt + cached + completion
  return total === sum || total === sum + reasoning
}

/**
 * Gemini's OpenAI-compatible endpoint names thinking nowhere: it is in the total and in no part of it, and is billed as
 * output. A rest as large as the cache is rather that. https://ai.google.dev/gemini-api/docs/openai
 */
function untoldReasoning ({ prompt, completion, total, cached }: Totals): number | undefined {
  if (prompt === undefined || completion === undefined || total === undefined) return undefined
  const rest = total - prompt - completion
  return rest > 0 && rest !== cached ? rest : undefined
}
