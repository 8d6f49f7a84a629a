// The declared splices of a request on its way to a backend of the same wire: the model id, the usage switch,
// sampling parameters that are null, and a prompt that has to lose its middle.

import { asObject, type JsonBody } from '../../core/json.ts'
import type { RequestTarget } from '../format.ts'
import { fittingMessages } from './middle-out.ts'

/**
 * Null and absent are one to OpenAI and OpenRouter; other servers answer 400 to a null where they read a number.
 * https://openrouter.ai/docs/api-reference/parameters
 */
const SAMPLING = [
  'temperature', 'top_p', 'top_k', 'min_p', 'top_a', 'frequency_penalty', 'presence_penalty', 'repetition_penalty',
  'seed', 'logprobs', 'top_logprobs', 'logit_bias'
]

/** Members to change, as JSON text. Empty: the client's own bytes go upstream. */
export function changesFor (body: JsonBody, target: RequestTarget): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>()
  for (const name of SAMPLING) if (body.value[name] === null) changes.set(name, undefined)
  if (target.modelId !== body.value['model']) changes.set('model', JSON.stringify(target.modelId))
  const options = asObject(body.value['stream_options'])
  if (target.envelope.isStream && target.mayAskUsage && options?.['include_usage'] !== true) {
    // Without this a provider never tells what the stream cost. A client that did not ask does not see the extra chunk.
    changes.set('stream_options', JSON.stringify({ ...options, include_usage: true }))
  }
  const fitting = fittingMessages(body, target)
  if (fitting) changes.set('messages', JSON.stringify(fitting))
  return changes
}
