// JSON-RPC 2.0: POST /rpc runs operations of the table (src/admin/operations.ts), GET /openrpc.json says what is in it.
//
// A key is asked for as on any other route; what it may do, each operation says. The document holds no secret and needs
// none. Failures before the first message is read (no key, wrong type, too large) are those of every other route.

import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { documentOf, operationsOf, type OperationsParts } from '../src/admin/operations.ts'
import { modelListOf } from '../src/catalog/model-card.ts'
import { nearestNames } from '../src/catalog/nearest.ts'
import { booksOf } from '../src/core/ask.ts'
import { ERRORS, GatewayError } from '../src/core/errors.ts'
import { Rpc } from '../src/rpc/dispatch.ts'
import { version } from '../src/version.ts'
import { healthOf, type HealthOptions } from './health.ts'
import { madeOnce, send } from './made-once.ts'
import { mayManage } from './management.ts'
import { wholeList } from './model-list.ts'

const LARGEST_BYTES = 256 * 1024

const rpc: FastifyPluginAsync<HealthOptions> = async (fastify, parts) => {
  const { gateway } = parts
  const operations = operationsOf({ ...aboutOf(parts), health: () => healthOf(fastify, parts) })
  const table = new Rpc({
    operations,
    forbidden: ERRORS.management_only.says,
    nearest,
    alarm: (method, error) => { gateway.log.error({ err: error, method }, 'an operation failed') }
  })
  const document = madeOnce(async () => ({ text: JSON.stringify(documentOf(operations, version)) }))

  const config = { isRated: true, hasFixedLimit: true, doc: 'RPC_DOC' } as const
  fastify.post('/rpc', { bodyLimit: LARGEST_BYTES, config }, async (request, reply) => {
    const text = await table.answer(bodyOf(request), callerOf(request))
    reply.header('cache-control', 'no-store')
    if (text === undefined) return reply.code(204).send()
    return reply.type('application/json; charset=utf-8').send(text)
  })

  fastify.get('/openrpc.json', { config: { open: true, isRated: true, doc: 'OPENRPC_DOC' } }, async (request, reply) =>
    send(request, reply.type('application/json; charset=utf-8'), await document()))
}

export default rpc

function aboutOf ({ gateway }: HealthOptions): Omit<OperationsParts, 'health'> {
  const { clock, mode, settings: { strategy } } = gateway
  const [startedAtMs, sinceMs] = [clock.nowMs(), clock.monotonicMs()]
  return {
    version,
    about () {
      const uptimeMs = clock.monotonicMs() - sinceMs
      return { version, mode, strategy, catalogVersion: gateway.catalog().version, startedAtMs, uptimeMs }
    },
    priorities: gateway.priorities,
    providers: () => gateway.providers().all().map(({ id }) => id),
    nearest,
    modelList: () => wholeList(modelListOf(gateway.catalog()).models).toString()
  }
}

function nearest (name: string, known: Iterable<string>): string | undefined {
  return nearestNames(name, known, 1)[0]
}

function callerOf (request: FastifyRequest) {
  const mayAdminister = mayManage(request)
  return { mayAdminister, seesAll: booksOf(request.principal) === undefined }
}

/** @throws GatewayError `wrong_content_type` for a form. */
function bodyOf ({ body }: FastifyRequest): Buffer {
  if (body === undefined || Buffer.isBuffer(body)) return body ?? Buffer.alloc(0)
  throw new GatewayError('wrong_content_type', { contentType: 'multipart/form-data', expected: 'application/json' })
}
