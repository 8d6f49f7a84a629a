// What a chat that was told of another dialect loses on its way to a provider that is not OpenRouter. A client that
// asks in OpenAI's words knows whom it asks; one that asks in Anthropic's does not, and its habits must not be refused.

import { dropParameters } from './drop-parameters.ts'
import { plainMessages } from './plain-messages.ts'
import type { RequestQuirk } from './quirk.ts'

/** Efforts that every reasoning model knows: Anthropic's highest have no name elsewhere, and some refuse `none`. */
export const usualEffort: RequestQuirk = ({ reasoning_effort: effort }) => {
  if (effort === 'none') return { reasoning_effort: undefined }
  return effort === 'max' || effort === 'xhigh' ? { reasoning_effort: 'high' } : undefined
}

/** Members of OpenRouter's dialect that steer no route. https://openrouter.ai/docs/api/reference/parameters */
export const dropOpenRouterSampling = dropParameters('cache_control', 'verbosity', 'top_a')
/** Sampling that servers of open models know, and OpenAI's do not. */
export const dropOpenSampling = dropParameters('top_k', 'min_p', 'repetition_penalty')

/** For servers that read strange members past. */
export const PLAIN_CHAT: readonly RequestQuirk[] = [plainMessages, dropOpenRouterSampling, usualEffort]
/** For those that answer 400 or 422. */
export const STRICT_CHAT: readonly RequestQuirk[] = [...PLAIN_CHAT, dropOpenSampling]
