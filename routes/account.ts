// What a key may still spend and has spent, in OpenRouter's shapes. A key sees its own; a management key, everybody's.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { booksOf } from '../src/core/ask.ts'
import { creditsJson, keyJson } from '../src/ledger/account-key.ts'
import type { RouteDocName } from './docs/index.ts'
import { requireManagement } from './management.ts'

/** Registered under `/v1` and `/api/v1`. `/auth/key` is the older name of `/key`. */
const account: FastifyPluginAsync = async (fastify) => {
  const { account, keys, ledger, settings: { isStrictManagement } } = fastify.gateway
  const options = (doc: RouteDocName) => ({ config: { isRated: true, doc } })

  const standingOf = async ({ principal }: FastifyRequest, reply: FastifyReply) => {
    await ledger.flush() // what was answered is counted
    reply.header('cache-control', 'no-store')
    return { use: account.use(booksOf(principal)), budgets: account.budgets(principal) }
  }

  const key = async (request: FastifyRequest, reply: FastifyReply) => {
    const { keyId, rpm, isManagement = false } = request.principal
    const record = keyId === undefined ? undefined : keys.find(keyId)
    return keyJson({ record, rpm, isManagement, ...await standingOf(request, reply) })
  }

  fastify.get('/key', options('KEY_DOC'), key)
  fastify.get('/auth/key', options('KEY_DOC'), key)
  fastify.get('/credits', options('CREDITS_DOC'), async (request, reply) => {
    if (isStrictManagement) requireManagement(request)
    return creditsJson(await standingOf(request, reply))
  })
}

export default account
