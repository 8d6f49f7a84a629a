// Collects what the routes say of themselves (`config.doc`), and the name of each that says nothing.
// Register it before the routes.

import fp from 'fastify-plugin'
import type { FastifyContextConfig, RouteOptions } from 'fastify'
import type { RouteDocName } from '../routes/docs/index.ts'
import type { DescribedRoute, RouteDoc } from '../src/openapi/route-doc.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is, for the OpenAPI document: by its name in routes/docs, so that no start loads the texts. */
    doc?: RouteDocName | RouteDoc
  }
  interface FastifyInstance {
    routeDocs: RouteDocs
  }
}

/** A route whose text may not be loaded yet. */
export type NamedRoute = Omit<DescribedRoute, 'doc'> & { readonly doc: RouteDocName | RouteDoc }

export interface RouteDocs {
  readonly described: readonly NamedRoute[]
  /** `GET /v1/…` */
  readonly undescribed: readonly string[]
}

export default fp(async (fastify) => {
  const described: NamedRoute[] = []
  const undescribed: string[] = []
  fastify.decorate('routeDocs', { described, undescribed })
  fastify.addHook('onRoute', ({ url, method, config }: RouteOptions) => {
    for (const name of [method].flat()) {
      if (name === 'HEAD' || name === 'OPTIONS') continue // they follow from GET, and from CORS
      if (config?.doc === undefined) undescribed.push(`${name} ${url}`)
      else described.push({ method: name, url, doc: config.doc, ...accessOf(config) })
    }
  })
}, { name: 'route-docs', fastify: '5.x' })

function accessOf ({ open, task, isRated }: FastifyContextConfig) {
  return { isOpen: open === true, isRated: task !== undefined || isRated === true }
}
