// One line for every request that did not become an exchange; exchanges write their own line when they are settled.
// Route patterns instead of URLs, and no header at all: nothing a client sent can bring a secret into the log.

import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import type { ErrorCode } from '../src/core/errors.ts'
import type { Gateway } from '../src/gateway.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request was handed to an exchange. */
    isExchange: boolean
    /** The code of the error it was answered with. */
    refusedAs: ErrorCode | undefined
  }
}

export interface RequestLogOptions {
  readonly gateway: Pick<Gateway, 'log' | 'metrics'>
}

export default fp<RequestLogOptions>(async (fastify, { gateway }) => {
  fastify.decorateRequest('isExchange', false)
  fastify.decorateRequest('refusedAs', undefined)
  fastify.addHook('onResponse', async (request, reply) => {
    if (request.isExchange) return
    if (request.refusedAs) gateway.metrics.noteRefusal(request.refusedAs)
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      error: request.refusedAs,
      ip: ipOf(request),
      durationMs: Math.round(reply.elapsedTime)
    }
    if (reply.statusCode >= 400) gateway.log.info(line, 'request refused')
    else gateway.log.debug(line, 'request')
  })
}, { name: 'request-log', fastify: '5.x' })

/** Undefined when the door refused the request before it knew who asks. */
function ipOf (request: FastifyRequest): string | undefined {
  return (request.principal as FastifyRequest['principal'] | null)?.ip
}
