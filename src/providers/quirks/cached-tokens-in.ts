// Cached input told beside the details: `prompt_cache_hit_tokens` of DeepSeek, `num_cached_tokens` of Mistral.
// https://api-docs.deepseek.com/guides/kv_cache

import { asObject } from '../../core/json.ts'
import type { UsageQuirk } from './quirk.ts'

/** `name`: the member of `usage` that counts them. They are part of `prompt_tokens`, as OpenAI's are. */
export function cachedTokensIn (name: string): UsageQuirk {
  return (event) => {
    const usage = asObject(event['usage'])
    const cached = usage?.[name]
    if (!usage || typeof cached !== 'number') return undefined
    const details = asObject(usage['prompt_tokens_details'])
    if (typeof details?.['cached_tokens'] === 'number') return undefined
    return { ...usage, prompt_tokens_details: { ...details, cached_tokens: cached } }
  }
}
