// Health: alive, ready, and a short self-description. Open without a key; the Host and Origin guard still applies.

import type { FastifyPluginAsync } from 'fastify'
import type { Gateway } from '../src/gateway.ts'
import { version } from '../src/version.ts'

export interface HealthOptions {
  readonly gateway: Gateway
  /** False while draining: load balancers and orchestrators then send nobody here. */
  readonly isReady: () => boolean
}

const LIVENESS = ['/health/liveness', '/health/liveliness', '/healthz']

const health: FastifyPluginAsync<HealthOptions> = async (fastify, { gateway, isReady }) => {
  const open = { config: { open: true } }
  fastify.get('/health', open, async () => ({
    ok: true, mode: gateway.mode, version, models: gateway.catalog().models.size, ready: isReady()
  }))
  for (const path of LIVENESS) fastify.get(path, open, async () => ({ ok: true }))
  fastify.get('/health/readiness', open, async (_request, reply) => {
    if (!isReady()) reply.code(503).header('retry-after', '5')
    return { ok: isReady() }
  })
}

export default health
