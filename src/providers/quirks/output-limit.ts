// One limit, two names: `max_tokens` (older) and `max_completion_tokens`. A provider that reads the other name past
// would answer without any limit, and the money reserved for the answer would be too little.
//
// When a client sends both, `max_completion_tokens` is sent on. The ceiling of an exchange is computed from the larger
// of the two, so it holds whichever of them a provider goes by.

import type { JsonObject } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

const OLDER = 'max_tokens'
const NEWER = 'max_completion_tokens'

/** For providers that refuse or ignore `max_completion_tokens`. */
export const maxTokensOnly: RequestQuirk = (body) => limitAs(OLDER, NEWER, body)

/** For models that refuse `max_tokens`. */
export const maxCompletionTokensOnly: RequestQuirk = (body) => limitAs(NEWER, OLDER, body)

function limitAs (kept: string, dropped: string, body: JsonObject): Record<string, unknown> | undefined {
  if (body[dropped] === undefined) return undefined
  const limit = body[NEWER] ?? body[OLDER]
  if (limit === undefined || limit === null || limit === body[kept]) return { [dropped]: undefined }
  return { [dropped]: undefined, [kept]: limit }
}
