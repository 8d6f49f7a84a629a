// CORS, for granted origins only: never `*`, never cookies.

import type { FastifyReply, FastifyRequest } from 'fastify'

const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const EXPOSED = [
  'X-Request-Id', 'X-Generation-Id', 'X-Aibroker-Provider', 'X-Aibroker-Model', 'X-Aibroker-Attempts',
  'X-Aibroker-Cost-Usd', 'X-Aibroker-Cost-Grade', 'X-Aibroker-Edits', 'X-Aibroker-Idempotent-Replay',
  'X-Aibroker-Budget-Clamped', 'X-Aibroker-Healed', 'X-Aibroker-Loss', 'Request-Id', 'Retry-After', 'X-Should-Retry',
  'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'X-OpenRouter-Cache-Status',
  'X-OpenRouter-Cache-Age', 'X-OpenRouter-Cache-TTL', 'X-OpenRouter-Cache-Source-Id'
].join(', ')
const MAX_AGE_S = '600'
const HEADER_NAMES = /^[a-z0-9-]+(?: ?, ?[a-z0-9-]+)*$/i
const LONGEST_NAMES = 2_048

export function isPreflight (request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers.origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
}

/** On the raw response, because a relayed answer is written there and would lose what Fastify keeps for itself. */
export function exposeTo (origin: string, reply: FastifyReply): void {
  reply.raw.setHeader('access-control-allow-origin', origin)
  reply.raw.setHeader('access-control-expose-headers', EXPOSED)
  reply.raw.setHeader('vary', 'origin')
}

/** What the page may send: any method served here, and the headers it asked for (SDKs send a dozen of their own). */
export function answerPreflight (request: FastifyRequest, reply: FastifyReply): void {
  const asked = request.headers['access-control-request-headers'] ?? ''
  reply.header('access-control-allow-methods', METHODS).header('access-control-max-age', MAX_AGE_S)
  if (asked.length <= LONGEST_NAMES && HEADER_NAMES.test(asked)) reply.header('access-control-allow-headers', asked)
  if (request.headers['access-control-request-private-network'] === 'true') {
    reply.header('access-control-allow-private-network', 'true')
  }
  reply.code(204).send()
}
