// One generation by its id, in OpenRouter's shape. It is there before the last byte of its answer: see settle in
// src/exchange/exchange.ts. Its texts are not: nothing of them is logged.

import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { readFeedbackWish } from '../src/admin/feedback-wish.ts'
import { booksOf } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { generationJson } from '../src/ledger/account-generation.ts'
import type { Generation } from '../src/ledger/account.ts'
import type { RouteDocName } from './docs/index.ts'
import { readBody } from './json-ask.ts'
import { requireManagement } from './management.ts'

interface GenerationRoute {
  Querystring: { readonly id?: unknown }
}

/** Registered under `/v1` and `/api/v1`. A key sees its own generations; another's is as unknown as none. */
const generation: FastifyPluginAsync = async (fastify) => {
  const { account, clock, feedback, ledger, providers } = fastify.gateway
  const options = (doc: RouteDocName) => ({ config: { isRated: true, doc } })
  const nameOf = (id: string) => providers().get(id)?.displayName ?? id

  const find = async (id: string, { principal }: FastifyRequest): Promise<Generation> => {
    await ledger.flush()
    const found = account.generation(id)
    const owner = booksOf(principal)
    const isTheirs = owner === undefined || found?.record.keyId === owner
    if (!found || !isTheirs || found.record.status === undefined) throw new GatewayError('unknown_exchange', { id })
    return owner === undefined ? found : { ...found, feedback: undefined } // said among those who administer
  }

  fastify.get<GenerationRoute>('/generation', options('GENERATION_DOC'), async (request, reply) => {
    const found = await find(readId(request.query), request)
    reply.header('cache-control', 'no-store')
    return generationJson(found, nameOf)
  })

  fastify.get<GenerationRoute>('/generation/content', options('CONTENT_DOC'), async (request) => {
    const { record: { id } } = await find(readId(request.query), request)
    throw new GatewayError('content_not_kept', { id })
  })

  fastify.post('/generation/feedback', options('FEEDBACK_DOC'), async (request) => {
    requireManagement(request)
    const { id, ...said } = readFeedbackWish(readBody(request.body))
    const { record } = await find(id, request)
    feedback.note(record.id, { ...said, createdAtMs: clock.nowMs() })
    return { data: { success: true } }
  })
}

export default generation

function readId ({ id }: GenerationRoute['Querystring']): string {
  if (typeof id === 'string' && id !== '') return id
  throw new GatewayError('invalid_body', { reason: 'Give one "id": the id of an answer.' }, { param: 'id' })
}
