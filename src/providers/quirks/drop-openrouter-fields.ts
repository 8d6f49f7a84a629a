// Members that only OpenRouter (and this broker) understand: strict providers answer 422 to a member they do not know.
//
// They steer routing, which has happened by the time a body leaves; none of them changes what a model is asked. The
// one that would, `reasoning`, is translated first where the provider has a word for it (effort-from-reasoning.ts).

import { asObject } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

/** https://openrouter.ai/docs/api-reference/chat-completion */
const ALWAYS = [
  'provider', 'models', 'route', 'transforms', 'plugins', 'preset', 'session_id', 'trace', 'debug',
  'stop_server_tools_when', 'include_reasoning', 'x_aibroker'
]
/** Ordinary words: ours only when the value is an object. */
const WHEN_OBJECT = ['usage', 'reasoning']

export const dropOpenRouterFields: RequestQuirk = (body) => {
  let changes: Record<string, undefined> | undefined
  for (const name of ALWAYS) {
    if (body[name] !== undefined) (changes ??= {})[name] = undefined
  }
  for (const name of WHEN_OBJECT) {
    if (asObject(body[name])) (changes ??= {})[name] = undefined
  }
  return changes
}
