// A failure as Anthropic's clients read it. https://docs.claude.com/en/api/errors

import type { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject } from '../../core/json.ts'
import * as openai from '../openai-chat/errors.ts'

/** OpenRouter's canonical names to theirs; whatever else the client did wrong is an invalid request. */
const TYPES: { readonly [errorType: string]: string } = {
  authentication: 'authentication_error',
  permission_denied: 'permission_error',
  payment_required: 'billing_error',
  not_found: 'not_found_error',
  rate_limit_exceeded: 'rate_limit_error',
  provider_overloaded: 'overloaded_error',
  timeout: 'timeout_error',
  provider_unavailable: 'api_error',
  server: 'api_error'
}
const TOO_LONG = 'context_length_exceeded'
/** Claude Code looks for these words, and makes its talk shorter then. */
const TOO_LONG_WORDS = 'prompt is too long'

/** `{"type":"error","error":{"type","message","error_type"},"metadata":{…},"request_id"}` */
export function encodeError (error: GatewayError, requestId: string | undefined): JsonObject {
  const { metadata: told } = asObject(openai.encodeError(error, requestId)['error']) ?? {}
  const { error_type: errorType, ...metadata } = asObject(told) ?? {}
  const type = Object.hasOwn(TYPES, String(errorType)) ? TYPES[String(errorType)] : undefined
  const { param } = error.extras
  return {
    type: 'error',
    error: {
      type: type ?? (error.status < 500 ? 'invalid_request_error' : 'api_error'),
      message: errorType === TOO_LONG ? tooLong(error.message) : error.message,
      error_type: errorType,
      ...param !== undefined && { param }
    },
    metadata,
    request_id: requestId ?? null
  }
}

export const errorHeaders = openai.errorHeaders

function tooLong (message: string): string {
  return message.toLowerCase().includes(TOO_LONG_WORDS) ? message : `${TOO_LONG_WORDS}: ${message}`
}
