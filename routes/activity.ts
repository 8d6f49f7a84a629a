// Usage by day, model and provider, in OpenRouter's shape, for those who administer.

import type { FastifyPluginAsync } from 'fastify'
import { activityJson, readActivityQuery } from '../src/admin/activity.ts'
import { GatewayError } from '../src/core/errors.ts'
import { requireManagement } from './management.ts'

interface ActivityRoute {
  Querystring: { readonly [name: string]: unknown }
}

/** Registered under `/v1` and `/api/v1`. */
const activity: FastifyPluginAsync = async (fastify) => {
  const { clientKeys, clock, ledger, providers, reports } = fastify.gateway
  const nameOf = (id: string) => providers().get(id)?.displayName ?? id

  fastify.get<ActivityRoute>('/activity', { config: { isRated: true, doc: 'ACTIVITY_DOC' } }, async (request, reply) => {
    requireManagement(request)
    const { api_key_hash: hash } = request.query
    const query = readActivityQuery(request.query, clock.nowMs())
    if (hash !== undefined && typeof hash !== 'string') throw new GatewayError('unknown_client_key')
    const keyId = hash === undefined ? undefined : clientKeys.idOf(hash)
    await ledger.flush()
    reply.header('cache-control', 'no-store')
    return activityJson(query, reports, keyId, nameOf)
  })
}

export default activity
