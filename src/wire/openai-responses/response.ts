// The response object: whole, or as the first and the last events of a stream tell it.
// https://platform.openai.com/docs/api-reference/responses/object

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Identity } from '../format.ts'
import type { Failure } from './errors.ts'
import { usageOf } from './usage.ts'

/** Members of a chat, or of its chunks, that a response has beside those of the wire. */
const BESIDE = ['provider', 'x_aibroker', 'openrouter_metadata']

/** What of a chat is known, beside what it says. */
export interface ChatFacts {
  /** Reason why it ended. */
  readonly reason: string | undefined
  /** Its own members, and those of its last chunks over them. */
  readonly members: JsonObject
}

export interface ResponseFacts {
  readonly identity: Identity
  readonly echo: JsonObject
}

const PREFIX = /^gen-/

/** What ids of an answer have behind their prefix: the generation's id without its own. */
export function suffixOf ({ id }: Identity): string {
  return id.replace(PREFIX, '')
}

export function begunResponse (facts: ResponseFacts, members: JsonObject): JsonObject {
  return { ...base(facts, members), status: 'in_progress', completed_at: null, output: [] }
}

export function failedResponse (
  facts: ResponseFacts, members: JsonObject, output: JsonObject[], failure: Failure
): JsonObject {
  const told = { ...base(facts, members), status: 'failed', completed_at: null, output }
  return { ...told, error: failure.error, error_type: failure.errorType }
}

export function endedResponse (facts: ResponseFacts, { reason, members }: ChatFacts, output: JsonObject[]): JsonObject {
  const cause = incompleteFor(reason)
  const response: JsonObject = {
    ...base(facts, members),
    status: cause === undefined ? 'completed' : 'incomplete',
    completed_at: cause === undefined ? completedAtS(facts, members) : null,
    incomplete_details: cause === undefined ? null : { reason: cause },
    output
  }
  const usage = usageOf(asObject(members['usage']))
  if (usage) response['usage'] = usage
  for (const name of BESIDE) if (members[name] !== undefined) response[name] = members[name]
  return response
}

/** Why an answer is not whole; undefined: it is. */
export function incompleteFor (reason: string | undefined): string | undefined {
  if (reason === 'length') return 'max_output_tokens'
  return reason === 'content_filter' ? reason : undefined
}

/** `members`: of the chat. */
function base ({ identity, echo }: ResponseFacts, { model, service_tier: tier }: JsonObject): JsonObject {
  return {
    id: `resp_${suffixOf(identity)}`,
    object: 'response',
    created_at: identity.createdS,
    error: null,
    incomplete_details: null,
    model: typeof model === 'string' ? model : identity.model,
    service_tier: tier ?? null,
    ...echo
  }
}

/** From the request on: the exchange tells how long it took, in whole answers and in streams that tell their usage. */
function completedAtS ({ identity }: ResponseFacts, members: JsonObject): JsonValue {
  const durationMs = asObject(members['x_aibroker'])?.['duration_ms']
  return identity.createdS + Math.ceil(typeof durationMs === 'number' ? durationMs / 1_000 : 0)
}
