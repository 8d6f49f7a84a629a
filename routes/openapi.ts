// What is served here, for programs and for people: GET /openapi.json and GET /docs. Open without a key, as they hold
// no secret; the Host and Origin guard still applies. The first request for one makes it: no start waits for them.

import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { openapiDocument } from '../src/openapi/document.ts'
import { contentSecurityPolicy, documentPage } from '../src/openapi/page.ts'
import { version } from '../src/version.ts'
import { OPENAPI_DOC, PAGE_DOC } from './docs/operations.ts'
import { failure } from './schemas/failure.ts'

const PATHS = ['/openapi.json', '/v1/openapi.json', '/api/v1/openapi.json']

const openapi: FastifyPluginAsync = async (fastify) => {
  const write = () => openapiDocument({ routes: fastify.routeDocs.described, version, envelope: failure })
  const json = madeOnce(() => JSON.stringify(write()))
  const page = madeOnce(() => documentPage(write()))

  for (const path of PATHS) {
    fastify.get(path, { config: { open: true, doc: OPENAPI_DOC } }, async (request, reply) =>
      send(request, reply.type('application/json; charset=utf-8'), json()))
  }
  fastify.get('/docs', { config: { open: true, doc: PAGE_DOC } }, async (request, reply) => {
    reply.headers({ 'content-security-policy': contentSecurityPolicy(), 'referrer-policy': 'no-referrer' })
    return send(request, reply.type('text/html; charset=utf-8'), page())
  })
}

export default openapi

interface Made {
  readonly bytes: Buffer
  readonly etag: string
}

function madeOnce (make: () => string): () => Made {
  let made: Made | undefined
  return () => {
    if (made) return made
    const bytes = Buffer.from(make())
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    made = { bytes, etag }
    return made
  }
}

/** Kept by the client and asked about every time: another version of the broker has another document. */
function send ({ headers }: FastifyRequest, reply: FastifyReply, { bytes, etag }: Made): FastifyReply {
  reply.headers({ etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' })
  const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.includes(etag) || known?.includes('*')) return reply.code(304).send()
  return reply.send(bytes)
}
