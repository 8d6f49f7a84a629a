// The OpenAPI document of what this broker serves, from its routes' own descriptions.

import { ANSWER_HEADERS } from './answer-headers.ts'
import { Components } from './components.ts'
import type { OpenapiDocument, Operation } from './document-shape.ts'
import { operationOf, templateOf } from './operation.ts'
import { GROUPS, type DescribedRoute } from './route-doc.ts'
import type { Schema } from './schema.ts'

export interface DocumentParts {
  readonly routes: readonly DescribedRoute[]
  readonly version: string
  /** The schema of every failure. */
  readonly envelope: Schema
}

const SAYS = 'One endpoint for every AI provider: the keys stay here, every request is routed, metered and billed to ' +
  'the nano-dollar.\n\nEvery path below `/v1` is served below `/api/v1` too, and is the same there. Money is decimal ' +
  'text with nine places (`cost_usd`), times are RFC 3339 in UTC unless a member says otherwise. On loopback, and as ' +
  'long as no client key was made, requests need none.'
const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/**
 * A route that is registered under several bases is in it once, as it was registered first.
 * @throws Error when two routes or two schemas would have the same name.
 */
export function openapiDocument ({ routes, version, envelope }: DocumentParts): OpenapiDocument {
  const components = new Components()
  const failure = components.refer(envelope)
  const paths: Record<string, Record<string, Operation>> = {}
  const known = new Map<string, DescribedRoute>()
  for (const route of routes) {
    const operation = operationOf(withoutApi(route), components, failure)
    const same = known.get(operation.operationId)
    if (same && same.doc !== route.doc) throw new Error(`two routes are called ${operation.operationId}`)
    if (same) continue
    known.set(operation.operationId, route)
    const path = templateOf(withoutApi(route))
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: DIALECT,
    info: { title: 'aibroker', version, description: SAYS, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'The broker this document came from.' }],
    security: [{ bearer: [] }],
    tags: Object.entries(GROUPS).map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: { bearer: BEARER }, headers: ANSWER_HEADERS, ...components.written() }
  }
}

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description: 'A client key: make one with "aibroker token create".'
}

/** The bases are the same: paths are told by the shorter one, whichever was registered first. */
function withoutApi (route: DescribedRoute): DescribedRoute {
  return route.url.startsWith('/api/v1/') ? { ...route, url: route.url.slice('/api'.length) } : route
}
