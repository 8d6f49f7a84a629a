// For whoever watches the broker: metrics for Prometheus, and how each backend is. No business of client keys.

import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { booksOf } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { healthReport } from '../src/routing/health-report.ts'

const metrics: FastifyPluginAsync = async (fastify) => {
  const { gateway } = fastify

  fastify.get('/metrics', { config: { doc: 'METRICS_DOC' } }, async (request, reply) => {
    refuseClientKeys(request)
    const text = await gateway.metrics.text()
    reply.header('cache-control', 'no-store').type(gateway.metrics.contentType)
    return text
  })

  fastify.get('/health/backends', { config: { doc: 'BACKENDS_DOC' } }, async (request, reply) => {
    refuseClientKeys(request)
    reply.header('cache-control', 'no-store')
    return { data: healthReport(gateway) }
  })
}

export default metrics

/** These are everybody's numbers: who may read everybody's books may read them. @throws GatewayError `not_allowed`. */
function refuseClientKeys ({ principal, routeOptions: { url = '' } }: FastifyRequest): void {
  if (booksOf(principal) !== undefined) {
    throw new GatewayError('not_allowed', { what: `${url}: it is for management keys and keys of AIBROKER_API_KEYS` })
  }
}
