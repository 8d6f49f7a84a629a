// Refusals that pass by themselves: the error, and the headers that only the gateway's own ones carry.

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
  const seconds = secondsOf(waitMs)
  const headers = {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': String(Math.ceil(nowMs + waitMs))
  }
  reply.headers(headers)
  return new GatewayError(code, { scope, limit, seconds }, { retryAfterS: seconds, metadata: { headers } })
}

/** The process is full or late. Not the client's limit, so there is none to tell: only when to come back. */
export function overloaded (waitMs: number): GatewayError {
  const seconds = secondsOf(waitMs)
  return new GatewayError('overloaded', { seconds }, { retryAfterS: seconds })
}

function secondsOf (waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1_000))
}
