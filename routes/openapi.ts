// What is served here, for programs and for people: GET /openapi.json and GET /docs. Open without a key, as they hold
// no secret; the Host and Origin guard still applies. The first request for one makes it: no start waits for them.

import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { version } from '../src/version.ts'

const PATHS = ['/openapi.json', '/v1/openapi.json', '/api/v1/openapi.json']

const openapi: FastifyPluginAsync = async (fastify) => {
  const write = async () => {
    const { openapiDocument } = await import('../src/openapi/document.ts')
    const { ROUTE_DOCS } = await import('./docs/index.ts')
    const { failure } = await import('./schemas/failure.ts')
    const routes = fastify.routeDocs.described.map((route) =>
      ({ ...route, doc: typeof route.doc === 'string' ? ROUTE_DOCS[route.doc] : route.doc }))
    return openapiDocument({ routes, version, envelope: failure })
  }
  const json = madeOnce(async () => ({ text: JSON.stringify(await write()) }))
  const page = madeOnce(async () => {
    const { contentSecurityPolicy, documentPage } = await import('../src/openapi/page.ts')
    return { text: documentPage(await write()), policy: contentSecurityPolicy() }
  })

  for (const path of PATHS) {
    fastify.get(path, { config: { open: true, isRated: true, doc: 'OPENAPI_DOC' } }, async (request, reply) =>
      send(request, reply.type('application/json; charset=utf-8'), await json()))
  }
  fastify.get('/docs', { config: { open: true, isRated: true, doc: 'PAGE_DOC' } }, async (request, reply) => {
    const made = await page()
    reply.headers({ 'content-security-policy': made.policy, 'referrer-policy': 'no-referrer' })
    return send(request, reply.type('text/html; charset=utf-8'), made)
  })
}

export default openapi

interface Made {
  readonly bytes: Buffer
  readonly etag: string
}

function madeOnce<Text extends { readonly text: string }> (
  make: () => Promise<Text>
): () => Promise<Made & Omit<Text, 'text'>> {
  let made: Promise<Made & Omit<Text, 'text'>> | undefined
  const finish = async () => {
    const { text, ...more } = await make()
    const bytes = Buffer.from(text)
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    return { ...more, bytes, etag }
  }
  return () => {
    made ??= finish()
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
