// xAI's chat counts reasoning beside `completion_tokens`, OpenAI inside of it. https://docs.x.ai/docs/guides/reasoning

import { asObject } from '../../core/json.ts'
import type { UsageQuirk } from './quirk.ts'

/**
 * Adds the reasoning only when the total proves that it was left out (total = prompt + completion + reasoning), so a
 * provider that mends its counting is not billed twice.
 */
export const reasoningOutsideCompletion: UsageQuirk = (event) => {
  const usage = asObject(event['usage'])
  if (!usage) return undefined
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage
  const reasoning = asObject(usage['completion_tokens_details'])?.['reasoning_tokens']
  if (typeof reasoning !== 'number' || reasoning <= 0) return undefined
  if (typeof prompt !== 'number' || typeof completion !== 'number') return undefined
  if (total !== prompt + completion + reasoning) return undefined
  return { ...usage, completion_tokens: completion + reasoning }
}
