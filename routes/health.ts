// Health: alive, ready, and a short self-description. Open without a key; the Host and Origin guard still applies.

import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { countOf } from '../src/catalog/model-card.ts'
import type { Gateway } from '../src/gateway.ts'
import { version } from '../src/version.ts'
import type { RouteDocName } from './docs/index.ts'

export interface HealthOptions {
  readonly gateway: Gateway
  /** False while draining: load balancers and orchestrators then send nobody here. */
  readonly isReady: () => boolean
}

const LIVENESS = ['/health/liveness', '/health/liveliness', '/healthz']

const health: FastifyPluginAsync<HealthOptions> = async (fastify, parts) => {
  const open = (doc: RouteDocName) => ({ config: { open: true, doc } })
  fastify.get('/health', open('HEALTH_DOC'), async () => healthOf(fastify, parts))
  for (const path of LIVENESS) fastify.get(path, open('LIVENESS_DOC'), async () => ({ ok: true }))
  fastify.get('/health/readiness', open('READINESS_DOC'), async (_request, reply) => {
    const reason = unreadinessOf(parts)
    if (reason !== undefined) reply.code(503).header('retry-after', '5')
    return { ok: reason === undefined, reason }
  })
}

export default health

/** What GET /health tells. */
export function healthOf ({ load: { inFlight, waiting, lagMs } }: Pick<FastifyInstance, 'load'>, parts: HealthOptions) {
  const { gateway: { mode, catalog } } = parts
  const reason = unreadinessOf(parts)
  const load = { in_flight: inFlight, waiting, lag_ms: Math.round(lagMs) }
  return { ok: true, mode, version, models: countOf(catalog()), ready: reason === undefined, reason, load }
}

/** Why requests should not come here now; undefined: ready. */
function unreadinessOf ({ gateway: { ledger: { outage } }, isReady }: HealthOptions): string | undefined {
  if (!isReady()) return 'the broker is shutting down'
  return outage && `the ledger cannot be written: ${outage}`
}
