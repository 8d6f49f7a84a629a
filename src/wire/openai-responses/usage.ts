// Usage of a chat under the names of a response. https://platform.openai.com/docs/api-reference/responses/object#responses-object-usage

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/** OpenRouter's members beside the counts, under their own names. */
const BESIDE = ['cost', 'is_byok', 'server_tool_use_details', 'server_tool_use']

/** `usage` as a chat client gets it, with integers in its details; undefined: nobody knows it (P5). */
export function usageOf (usage: JsonObject | undefined): JsonObject | undefined {
  if (!usage) return undefined
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total, cost_details: parts } = usage
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  const told: JsonObject = {
    input_tokens: input,
    input_tokens_details: readDetailsOf(asObject(usage['prompt_tokens_details'])),
    output_tokens: output,
    output_tokens_details: {
      reasoning_tokens: countOf(asObject(usage['completion_tokens_details'])?.['reasoning_tokens'])
    },
    total_tokens: typeof total === 'number' ? total : input + output
  }
  for (const name of BESIDE) if (usage[name] !== undefined && usage[name] !== null) told[name] = usage[name]
  const details = costDetailsOf(asObject(parts))
  return details ? { ...told, cost_details: details } : told
}

function readDetailsOf (read: JsonObject = {}): JsonObject {
  const { cached_tokens: cached, cache_write_tokens: written } = read
  return { cached_tokens: countOf(cached), ...typeof written === 'number' && { cache_write_tokens: written } }
}

function countOf (value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

/** Clients read both parts or none. */
function costDetailsOf (parts: JsonObject | undefined): JsonObject | undefined {
  const input = parts?.['upstream_inference_prompt_cost']
  const output = parts?.['upstream_inference_completions_cost']
  if (typeof input !== 'number' || typeof output !== 'number') return undefined
  return {
    upstream_inference_cost: parts?.['upstream_inference_cost'] ?? null,
    upstream_inference_input_cost: input,
    upstream_inference_output_cost: output
  }
}
