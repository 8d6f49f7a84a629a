// Why an exchange went the way it did: what was considered, what was tried, what it cost.

import type { FastifyPluginAsync } from 'fastify'
import { booksOf } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { explain } from '../src/routing/explain.ts'

interface ExchangeRoute {
  Params: { readonly id: string }
}

/** Registered under `/v1` and `/api/v1`. A key sees its own exchanges; another's is as unknown as none. */
const exchanges: FastifyPluginAsync = async (fastify) => {
  const { ledger, reports } = fastify.gateway

  const config = { isRated: true, doc: 'EXPLAIN_DOC' as const }
  fastify.get<ExchangeRoute>('/exchanges/:id/explain', { config }, async ({ params: { id }, principal }, reply) => {
    await ledger.flush() // an exchange that was answered can be asked about
    const exchange = reports.exchange(id)
    const owner = booksOf(principal)
    const isTheirs = owner === undefined || exchange?.keyId === owner
    if (!exchange || !isTheirs) throw new GatewayError('unknown_exchange', { id })
    reply.header('cache-control', 'no-store')
    return explain(exchange)
  })
}

export default exchanges
