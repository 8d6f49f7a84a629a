// Two kinds of quirk: pure functions on parsed JSON, named after what they fix, listed by the providers that need them.

import type { JsonObject } from '../../core/json.ts'

/**
 * Says which top-level members of a request must change: a name to its new value, or to undefined to drop it.
 * Returns undefined when nothing changes. Applied by splicing bytes, so everything else passes untouched.
 * `body.model` is the provider's own model id, not the name the client asked for.
 */
export type RequestQuirk = (body: JsonObject) => Record<string, unknown> | undefined

/**
 * Finds the usage object in an answer or stream event when it is not in `usage`, or rewrites one whose counts mean
 * something else, into OpenAI's shape; undefined: not here. https://platform.openai.com/docs/api-reference/chat/object
 */
export type UsageQuirk = (event: JsonObject) => JsonObject | undefined
