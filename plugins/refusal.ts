// A refusal for asking too often: the error, and the three headers that only the gateway's own 429 carries.

import type { FastifyReply } from 'fastify'
import { GatewayError } from '../src/core/errors.ts'

export interface Refusal {
  readonly code: 'rate_limited' | 'too_many_in_flight'
  /** Completes "for this …". */
  readonly scope: string
  readonly limit: number
  readonly waitMs: number
  readonly nowMs: number
}

/** Sets the headers and gives back the error to throw. `X-RateLimit-Reset` is ms since the epoch, as OpenRouter's. */
export function refusal (reply: FastifyReply, { code, scope, limit, waitMs, nowMs }: Refusal): GatewayError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
  const headers = {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': String(Math.ceil(nowMs + waitMs))
  }
  reply.headers(headers)
  return new GatewayError(code, { scope, limit, seconds }, { retryAfterS: seconds, metadata: { headers } })
}
