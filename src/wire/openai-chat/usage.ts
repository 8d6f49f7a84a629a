// The usage object of chat and legacy completions, as told by two dozen servers, to disjoint counts.
// https://platform.openai.com/docs/api-reference/chat/object

import { asObject, type JsonObject } from '../../core/json.ts'
import type { Measured } from '../../core/usage.ts'
import { readReportedCost } from '../reported-cost.ts'
import { measuredOf, readCount, without, type ToldCounts } from '../told-counts.ts'

/**
 * Counts of `usage`. OpenAI's totals hold their parts: cached, cache-written, audio and image tokens are inside
 * `prompt_tokens`, reasoning and the rest inside `completion_tokens`. Parts that were not told stay undefined (P5);
 * without both totals the usage counts as not told.
 */
export function readUsage (usage: JsonObject): Measured {
  const input = readInput(usage)
  const output = readOutput(usage, promptOf(usage))
  const isTold = input.input !== undefined && output.output !== undefined
  return measuredOf(Object.assign(input, output), { isTold, reportedCost: readReportedCost(usage) })
}

function readInput (usage: JsonObject): ToldCounts {
  const details = asObject(usage['prompt_tokens_details']) ?? {}
  const cacheRead = readCount(details['cached_tokens']) ?? readCount(usage['prompt_cache_hit_tokens'])
  const cacheWrite = readCount(details['cache_write_tokens'])
  const audio = readCount(details['audio_tokens'])
  const image = readCount(details['image_tokens'])
  return {
    input: without(promptOf(usage), cacheRead, cacheWrite, audio, image),
    cache_read: cacheRead,
    cache_write: cacheWrite,
    audio_input: audio,
    image_input: image
  }
}

/** DeepSeek splits the prompt into cache hits and misses. https://api-docs.deepseek.com/guides/kv_cache */
function promptOf (usage: JsonObject): number | undefined {
  const prompt = readCount(usage['prompt_tokens'])
  if (prompt !== undefined) return prompt
  const hit = readCount(usage['prompt_cache_hit_tokens'])
  const miss = readCount(usage['prompt_cache_miss_tokens'])
  return hit === undefined || miss === undefined ? undefined : hit + miss
}

function readOutput (usage: JsonObject, prompt: number | undefined): ToldCounts {
  const details = asObject(usage['completion_tokens_details']) ?? {}
  const completion = readCount(usage['completion_tokens'])
  const reasoning = readCount(details['reasoning_tokens'])
  const audio = readCount(details['audio_tokens'])
  const image = readCount(details['image_tokens'])
  const isOutside = isReasoningOutside({ prompt, completion, reasoning, total: readCount(usage['total_tokens']) })
  return {
    output: without(completion, isOutside ? 0 : reasoning, audio, image),
    reasoning,
    audio_output: audio,
    image_output: image
  }
}

interface Totals {
  readonly prompt: number | undefined
  readonly completion: number | undefined
  readonly reasoning: number | undefined
  readonly total: number | undefined
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
