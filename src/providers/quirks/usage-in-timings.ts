// llama.cpp without a usage object: its `timings` count the same tokens.
// https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md

import { asObject } from '../../core/json.ts'
import type { UsageQuirk } from './quirk.ts'

/** `prompt_n` counts what was computed, `cache_n` what was found in the cache; OpenAI's prompt is both. */
export const usageInTimings: UsageQuirk = (event) => {
  if (asObject(event['usage'])) return undefined
  const { prompt_n: computed, predicted_n: completion, cache_n: cacheCount } = asObject(event['timings']) ?? {}
  if (typeof computed !== 'number' || typeof completion !== 'number') return undefined
  const cached = typeof cacheCount === 'number' ? cacheCount : 0 // servers from before the prompt cache had a count
  return {
    prompt_tokens: computed + cached,
    completion_tokens: completion,
    total_tokens: computed + cached + completion,
    prompt_tokens_details: { cached_tokens: cached }
  }
}
