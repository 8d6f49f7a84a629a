// A failure as OpenAI and OpenRouter clients read it, in one envelope for both.
//
// `code` is always an integer: OpenRouter's SDK drops the whole message otherwise. `metadata.error_type` is its
// canonical name of the failure, `type` and `param` are OpenAI's. https://openrouter.ai/docs/api/reference/errors-and-debugging

import { ERRORS, type ErrorCode, type GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'

/** Failures that the same request meets again: clients must not try it again. */
const PERMANENT: ReadonlySet<number> = new Set([402, 403, 404])
/** Likewise, though clients try others of their status again. */
const PERMANENT_CODES: ReadonlySet<ErrorCode> = new Set([
  'idempotency_unknown', 'idempotency_not_kept', 'credential_refused'
])
/** Failures that pass by themselves; the answer always says when to come back. */
const PASSING: ReadonlySet<number> = new Set([429, 503])

/**
 * `{"error":{"message","type","code","param","metadata":{"error_type","reason","request_id",…}}}`
 * @param requestId undefined: the request could not even be read as HTTP.
 */
export function encodeError (error: GatewayError, requestId: string | undefined): JsonObject {
  const { type } = error.row
  return {
    error: {
      message: error.message,
      type,
      code: error.status,
      param: error.extras.param ?? null,
      metadata: {
        error_type: errorTypeOf(error),
        reason: error.code,
        request_id: requestId,
        ...error.extras.metadata as JsonObject | undefined
      },
      ...(error.extras.availability && { availability: error.extras.availability as JsonObject })
    }
  }
}

/** OpenRouter's canonical names by status, for a refusal that keeps its provider's status. */
const ERROR_TYPES: { readonly [status: number]: string } = {
  402: 'payment_required',
  403: 'permission_denied',
  404: 'not_found',
  408: 'timeout',
  412: 'precondition_failed',
  413: 'payload_too_large',
  422: 'unprocessable'
}

function errorTypeOf ({ status, row }: GatewayError): string {
  return status === row.status ? row.errorType : ERROR_TYPES[status] ?? row.errorType
}

/** Headers an error answer carries besides its content type: whether and when to try again. Names in lower case. */
export function errorHeaders (error: GatewayError): Record<string, string> {
  const headers: Record<string, string> = {}
  const waitS = error.extras.retryAfterS ?? (PASSING.has(error.status) ? 1 : undefined)
  if (waitS !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(waitS)))
  if (isPermanent(error)) headers['x-should-retry'] = 'false'
  if (error.status === 401) headers['www-authenticate'] = 'Bearer'
  return headers
}

/** Ours to judge only when the status is ours: a provider's own refusal passes without our opinion. */
function isPermanent ({ code, status }: { readonly code: ErrorCode, readonly status: number }): boolean {
  return PERMANENT_CODES.has(code) || (PERMANENT.has(status) && ERRORS[code].status === status)
}
