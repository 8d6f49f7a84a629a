// Members of a request that lead to models, and costs, which its "model" does not name; and whose bodies go without.

import type { Ask } from './ask.ts'
import type { Turn } from './turns.ts'

/**
 * Members with which OpenRouter and LiteLLM go to models that "model" does not name. A key that is limited to some
 * models or providers would get around its limit with them, and a budget around its bound.
 * https://openrouter.ai/docs/api-reference/chat-completion and https://docs.litellm.ai/docs/proxy/reliability
 */
const NAMES_OTHER_MODELS = ['models', 'route', 'preset', 'fallbacks']
const NONE: readonly string[] = []

/** Those members of the request. */
export function othersNamedIn ({ body }: Pick<Ask, 'body'>): readonly string[] {
  if (body.kind !== 'json') return NONE
  const { value } = body.json
  return NAMES_OTHER_MODELS.some((name) => Object.hasOwn(value, name))
    ? NAMES_OTHER_MODELS.filter((name) => Object.hasOwn(value, name))
    : NONE
}

/** Those the body goes without: because its key is limited, or because its cost is (`Candidate.withheld`). */
export function withheldFrom (ask: Ask, { candidate }: Turn): readonly string[] {
  const { models, providers } = ask.principal
  return models || providers ? othersNamedIn(ask) : candidate.withheld ?? NONE
}
