// Usage under Anthropic's names: their input is what neither came from the prompt cache nor went into it.
// https://docs.claude.com/en/api/messages#response-usage

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * `usage`: of the chat; undefined: nobody told, and the two counts that clients must find are 0, while `x_aibroker`
 * says null. `tier`: the chat's `service_tier`.
 */
export function usageOf (usage: JsonObject = {}, tier?: JsonValue): JsonObject {
  const input = asObject(usage['prompt_tokens_details']) ?? {}
  const output = asObject(usage['completion_tokens_details']) ?? {}
  const read = countOf(input['cached_tokens'])
  const written = countOf(input['cache_write_tokens'])
  const thought = countOf(output['reasoning_tokens'])
  return {
    input_tokens: Math.max(0, (countOf(usage['prompt_tokens']) ?? 0) - (read ?? 0) - (written ?? 0)),
    output_tokens: countOf(usage['completion_tokens']) ?? 0,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: null,
    output_tokens_details: thought === null ? null : { thinking_tokens: thought },
    server_tool_use: searchesOf(asObject(usage['server_tool_use_details'])),
    inference_geo: null,
    service_tier: tierOf(tier),
    ...addedTo(usage)
  }
}

/** OpenRouter's additions, which its Messages endpoint has as well. */
function addedTo ({ cost, cost_details: parts, is_byok: isOwnKey }: JsonObject): JsonObject {
  const details = asObject(parts)
  return {
    ...typeof cost === 'number' && { cost },
    ...details && { cost_details: numbersOf(details) },
    ...typeof isOwnKey === 'boolean' && { is_byok: isOwnKey }
  }
}

function numbersOf (details: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(details).filter(([, part]) => typeof part === 'number' || part === null))
}

/** Null: not told. */
function countOf (count: JsonValue | undefined): number | null {
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
}

function searchesOf (details: JsonObject | undefined): JsonValue {
  const searches = countOf(details?.['web_search_requests'])
  return searches === null ? null : { web_search_requests: searches, web_fetch_requests: 0 }
}

/** Their name of the usual tier is another; null: not told. */
function tierOf (tier: JsonValue | undefined): JsonValue {
  if (tier === 'default') return 'standard'
  return typeof tier === 'string' ? tier : null
}
