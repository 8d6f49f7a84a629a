// What is served here, for programs and for people: GET /openapi.json and GET /docs. Open without a key, as they hold
// no secret; the Host and Origin guard still applies. The first request for one makes it: no start waits for them.

import type { FastifyPluginAsync } from 'fastify'
import { version } from '../src/version.ts'
import { madeOnce, send } from './made-once.ts'

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
