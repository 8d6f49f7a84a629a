// What only clients of OpenRouter write into a request, and what they mean by it.
// https://openrouter.ai/docs/api-reference/chat-completion and https://openrouter.ai/docs/use-cases/reasoning-tokens

import { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject } from '../../core/json.ts'

/** Members no other dialect has. */
const THEIRS = [
  'usage', 'provider', 'models', 'route', 'transforms', 'plugins', 'preset', 'reasoning', 'include_reasoning', 'top_a',
  'session_id', 'trace', 'debug', 'stop_server_tools_when', 'image_config'
]

export function hasOpenRouterMember (body: JsonObject): boolean {
  return THEIRS.some((name) => body[name] !== undefined)
}

/**
 * Whether the model may think and nobody is to hear of it.
 * @throws GatewayError `invalid_body` when the body names two different efforts.
 */
export function readHidesReasoning (body: JsonObject): boolean {
  const reasoning = asObject(body['reasoning'])
  const { reasoning_effort: shorthand } = body
  const effort = reasoning?.['effort']
  if (typeof shorthand === 'string' && typeof effort === 'string' && shorthand !== effort) {
    const reason = `"reasoning_effort" (${shorthand.slice(0, 20)}) and "reasoning.effort" (${effort.slice(0, 20)}) differ: send one of them.`
    throw new GatewayError('invalid_body', { reason }, { param: 'reasoning_effort' })
  }
  return reasoning?.['exclude'] === true || (body['include_reasoning'] === false && reasoning?.['exclude'] === undefined)
}
