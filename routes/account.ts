// What a key may still spend and has spent, in OpenRouter's shapes. No management key is asked for: a key sees its own.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { booksOf } from '../src/core/ask.ts'
import { creditsJson, keyJson } from '../src/ledger/account-key.ts'

/** Registered under `/v1` and `/api/v1`. `/auth/key` is the older name of `/key`. */
const account: FastifyPluginAsync = async (fastify) => {
  const { account, keys, ledger } = fastify.gateway

  const standingOf = async ({ principal }: FastifyRequest, reply: FastifyReply) => {
    await ledger.flush() // what was answered is counted
    reply.header('cache-control', 'no-store')
    return { use: account.use(booksOf(principal)), budgets: account.budgets(principal) }
  }

  const key = async (request: FastifyRequest, reply: FastifyReply) => {
    const { keyId, rpm } = request.principal
    const record = keyId === undefined ? undefined : keys.list().find(({ id }) => id === keyId)
    return keyJson({ record, rpm, ...await standingOf(request, reply) })
  }

  fastify.get('/key', key)
  fastify.get('/auth/key', key)
  fastify.get('/credits', async (request, reply) => creditsJson(await standingOf(request, reply)))
}

export default account
