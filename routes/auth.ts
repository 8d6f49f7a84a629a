// PKCE: a code made by who administers, and exchanged by an app for a key of its own.

import type { FastifyPluginAsync } from 'fastify'
import { readCodeWish, readMethod } from '../src/admin/code-wish.ts'
import { refused } from '../src/admin/key-wish.ts'
import type { CodeTry } from '../src/admin/auth-codes.ts'
import type { JsonObject } from '../src/core/json.ts'
import { readBody } from './json-ask.ts'
import { requireManagement } from './management.ts'

const LONGEST_TEXT = 256

/** Registered under `/v1` and `/api/v1`. */
const auth: FastifyPluginAsync = async (fastify) => {
  const { authCodes, clientKeys, clock } = fastify.gateway

  const making = { isRated: true, doc: 'MAKE_CODE_DOC' } as const
  fastify.post('/auth/keys/code', { config: making }, async (request, reply) => {
    requireManagement(request)
    reply.header('cache-control', 'no-store')
    const id = authCodes.make(readCodeWish(readBody(request.body), clock.nowMs()))
    return { data: { id, app_id: 0, created_at: new Date(clock.nowMs()).toISOString() } }
  })

  // Open: the code is what is shown. The guard of P9 applies, so a page needs an origin that was let in.
  const exchanging = { open: true, isRated: true, doc: 'EXCHANGE_CODE_DOC' } as const
  fastify.post('/auth/keys', { config: exchanging }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const { token } = clientKeys.create(authCodes.take(readTry(readBody(request.body).value)))
    return { key: token, user_id: null }
  })
}

export default auth

/** @throws GatewayError `invalid_body` with `param` */
function readTry (body: JsonObject): CodeTry {
  const code = readText('code', body['code'])
  if (code === undefined) throw refused('code', 'Send the "code" to exchange.')
  return { code, verifier: readText('code_verifier', body['code_verifier']), method: readMethod(body['code_challenge_method']) }
}

function readText (param: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT) return value
  throw refused(param, `"${param}" must be a text of 1 to ${LONGEST_TEXT} characters.`)
}
