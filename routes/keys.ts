// Client keys over HTTP, in OpenRouter's shapes: https://openrouter.ai/docs/guides/overview/auth/management-api-keys

import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { clientKeyJson } from '../src/admin/key-json.ts'
import { readKeyWish, refused, refuseOtherWorkspace } from '../src/admin/key-wish.ts'
import type { KeyPage } from '../src/keys/keys.ts'
import type { RouteDocName } from './docs/index.ts'
import { readBody } from './json-ask.ts'
import { requireManagement } from './management.ts'

interface KeysRoute {
  Querystring: { readonly [name: string]: unknown }
}
interface KeyRoute {
  Params: { readonly hash: string }
}

/** OpenRouter's pages have a hundred keys and no size; one may be asked for here. */
const PAGE = 100
const LARGEST_PAGE = 500
const LARGEST_OFFSET = 1_000_000
const FLAGS: { readonly [text: string]: boolean } = { true: true, 1: true, false: false, 0: false }

/** Registered under `/v1` and `/api/v1`. Management keys only. */
const keys: FastifyPluginAsync = async (fastify) => {
  const { clientKeys, ledger, clock } = fastify.gateway
  const options = (doc: RouteDocName) => ({ config: { isRated: true, doc } })
  fastify.addHook('preHandler', async (request, reply) => {
    requireManagement(request)
    reply.header('cache-control', 'no-store')
    await ledger.flush() // what was answered is counted
  })
  const wishOf = ({ body }: FastifyRequest) => readKeyWish(readBody(body), clock.nowMs())

  fastify.get<KeysRoute>('/keys', options('KEYS_DOC'), async ({ query }) =>
    ({ data: clientKeys.page(readPage(query)).map(clientKeyJson) }))

  fastify.post('/keys', options('MAKE_KEY_DOC'), async (request, reply) => {
    const { token, key } = clientKeys.create(wishOf(request))
    reply.code(201) // clients take any other status for a failure
    return { data: clientKeyJson(key), key: token }
  })

  fastify.get<KeyRoute>('/keys/:hash', options('CLIENT_KEY_DOC'), async ({ params }) =>
    ({ data: clientKeyJson(clientKeys.find(params.hash)) }))

  fastify.patch<KeyRoute>('/keys/:hash', options('CHANGE_KEY_DOC'), async (request) =>
    ({ data: clientKeyJson(clientKeys.change(request.params.hash, wishOf(request))) }))

  fastify.delete<KeyRoute>('/keys/:hash', options('DELETE_KEY_DOC'), async ({ params }) => {
    clientKeys.remove(params.hash)
    return { deleted: true }
  })
}

export default keys

/** @throws GatewayError `invalid_body` with `param` */
function readPage (query: KeysRoute['Querystring']): KeyPage {
  refuseOtherWorkspace(query['workspace_id'])
  return {
    offset: readCount('offset', query['offset'] ?? 0, 0, LARGEST_OFFSET),
    limit: readCount('limit', query['limit'] ?? PAGE, 1, LARGEST_PAGE),
    hasDisabled: readFlag('include_disabled', query['include_disabled'])
  }
}

function readCount (param: string, value: unknown, least: number, most: number): number {
  const count = Number(value)
  if (/^\d{1,7}$/.test(String(value)) && count >= least && count <= most) return count
  throw refused(param, `"${param}" must be a whole number from ${least} to ${most}.`)
}

function readFlag (param: string, value: unknown = 'false'): boolean {
  const flag = typeof value === 'string' && Object.hasOwn(FLAGS, value) ? FLAGS[value] : undefined
  if (flag !== undefined) return flag
  throw refused(param, `"${param}" must be true or false.`)
}
