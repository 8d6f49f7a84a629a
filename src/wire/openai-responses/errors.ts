// Failures as clients of Responses read them: OpenAI's envelope before the answer, a failed response within one.
// https://platform.openai.com/docs/api-reference/responses-streaming/response/failed

import type { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject } from '../../core/json.ts'
import { encodeError as encodeChatError } from '../openai-chat/errors.ts'

/** OpenRouter's names of failures to the codes that a response has for them; for all others the last one. */
const CODES: { readonly [errorType: string]: string } = {
  rate_limit_exceeded: 'rate_limit_exceeded',
  context_length_exceeded: 'invalid_prompt',
  invalid_request: 'invalid_prompt',
  invalid_prompt: 'invalid_prompt',
  content_policy_violation: 'image_content_policy_violation'
}
const OTHER_CODE = 'server_error'

/** The chat's envelope, whose code is an integer; `metadata.native_code` is what a failed response would say. */
export function encodeError (error: GatewayError, requestId: string): JsonObject {
  const chat = asObject(encodeChatError(error, requestId)['error']) ?? {}
  const metadata = asObject(chat['metadata']) ?? {}
  return { error: { ...chat, metadata: { ...metadata, native_code: codeOf(metadata['error_type']) } } }
}

export interface Failure {
  /** `error` of the response. */
  readonly error: JsonObject
  /** OpenRouter's name of it, beside the response's other members. */
  readonly errorType: string
}

export function failureOf (error: GatewayError, requestId: string): Failure {
  const { metadata } = asObject(encodeChatError(error, requestId)['error']) ?? {}
  const errorType = String(asObject(metadata)?.['error_type'])
  return { error: { code: codeOf(errorType), message: error.message }, errorType }
}

function codeOf (errorType: unknown): string {
  return (typeof errorType === 'string' && Object.hasOwn(CODES, errorType) && CODES[errorType]) || OTHER_CODE
}
