// OpenRouter's `reasoning: {effort}` said in OpenAI's word, `reasoning_effort`, for providers that know it.

import { asObject } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

/** Comes before `dropOpenRouterFields`, which takes `reasoning` out. A `reasoning_effort` of the client's own wins. */
export const effortFromReasoning: RequestQuirk = (body) => {
  const effort = asObject(body['reasoning'])?.['effort']
  if (typeof effort !== 'string') return undefined
  if (body['reasoning_effort'] !== undefined && body['reasoning_effort'] !== null) return undefined
  return { reasoning_effort: effort }
}
