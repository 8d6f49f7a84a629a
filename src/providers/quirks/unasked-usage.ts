// For providers that always tell the usage of a stream, and refuse to be asked for it.

import type { RequestQuirk } from './quirk.ts'

/** Says so for every stream: the broker itself may be about to ask. */
export const unaskedUsage: RequestQuirk = (body) =>
  body['stream_options'] !== undefined || body['stream'] === true ? { stream_options: undefined } : undefined
