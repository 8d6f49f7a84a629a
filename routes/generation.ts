// One generation by its id, in OpenRouter's shape. It is there before the last byte of its answer: see settle in
// src/exchange/exchange.ts.

import type { FastifyPluginAsync } from 'fastify'
import { booksOf } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { generationJson } from '../src/ledger/account-generation.ts'
import { GENERATION_DOC } from './docs/account.ts'

interface GenerationRoute {
  Querystring: { readonly id?: unknown }
}

/** Registered under `/v1` and `/api/v1`. A key sees its own generations; another's is as unknown as none. */
const generation: FastifyPluginAsync = async (fastify) => {
  const { account, ledger, providers } = fastify.gateway
  const nameOf = (id: string) => providers().get(id)?.displayName ?? id

  const config = { isRated: true, doc: GENERATION_DOC }
  fastify.get<GenerationRoute>('/generation', { config }, async ({ query: { id }, principal }, reply) => {
    if (typeof id !== 'string' || id === '') throw new GatewayError('invalid_body', { reason: 'Give one "id": the id of an answer.' })
    await ledger.flush()
    const found = account.generation(id)
    const owner = booksOf(principal)
    const isTheirs = owner === undefined || found?.record.keyId === owner
    const answer = found && isTheirs ? generationJson(found, nameOf) : undefined
    if (!answer) throw new GatewayError('unknown_exchange', { id })
    reply.header('cache-control', 'no-store')
    return answer
  })
}

export default generation
