// Lists of models on the wire: what the query asks for, whole or in pages, each card as it was written once.

import type { FastifyRequest } from 'fastify'
import type { ListedModel } from '../src/catalog/model-card.ts'
import { matching, readModelQuery, type ModelQuery, type QueryTexts } from '../src/catalog/model-query.ts'
import type { Measured } from '../src/catalog/measured.ts'
import { GatewayError } from '../src/core/errors.ts'

export interface ListParts {
  /** Unix seconds. */
  readonly nowS: number
  readonly measured: Measured
}

interface Page {
  readonly offset: number
  readonly limit: number
}

const DEFAULT_LIMIT = 500
const LARGEST_LIMIT = 1000

/** Whole lists nothing is asked of are written once: they are what clients ask for at every start. */
const wholeLists = new WeakMap<readonly ListedModel[], Buffer>()

/** `{"object","data","total_count","links"}` of the models the request's query asks for. @throws GatewayError */
export function listAnswer (
  request: FastifyRequest, models: readonly ListedModel[], parts: ListParts
): string | Buffer {
  const texts = textsOf(request)
  const found = matching(models, readModelQuery(texts, parts.nowS), parts.measured)
  const page = readPage(texts)
  if (!page) return found === models ? wholeList(models) : listJson(found, found.length, null)
  const { offset, limit } = page
  const next = offset + limit
  const path = request.url.split('?', 1)[0] ?? ''
  const link = next < found.length ? `${path}?${queryWith(request, next, limit)}` : null
  return listJson(found.slice(offset, next), found.length, link)
}

/** How many there are of what the query asks for. @throws GatewayError */
export function countAnswer (request: FastifyRequest, models: readonly ListedModel[], parts: ListParts) {
  const query: ModelQuery = { ...readModelQuery(textsOf(request), parts.nowS), order: undefined }
  return { data: { count: matching(models, query, parts.measured).length } }
}

/** The list nothing is asked of. */
export function wholeList (models: readonly ListedModel[]): Buffer {
  const known = wholeLists.get(models)
  if (known) return known
  const written = Buffer.from(listJson(models, models.length, null))
  wholeLists.set(models, written)
  return written
}

function listJson (models: readonly ListedModel[], total: number, next: string | null): string {
  const rows = models.map(({ json }) => json).join(',')
  return `{"object":"list","data":[${rows}],"total_count":${total},"links":{"next":${JSON.stringify(next)}}}`
}

/** Undefined: the whole list. */
function readPage (texts: QueryTexts): Page | undefined {
  const offset = readCount(texts, 'offset', 0)
  const limit = readCount(texts, 'limit', 1)
  if (offset === undefined && limit === undefined) return undefined
  return { offset: offset ?? 0, limit: Math.min(limit ?? DEFAULT_LIMIT, LARGEST_LIMIT) }
}

function readCount (texts: QueryTexts, parameter: string, least: number): number | undefined {
  const text = texts[parameter]
  if (text === undefined) return undefined
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count >= least) return count
  const reason = `${parameter} must be a whole number from ${least} on.`
  throw new GatewayError('invalid_body', { reason }, { param: parameter })
}

/** A parameter given several times counts as it was last given. */
export function textsOf (request: FastifyRequest): QueryTexts {
  const query = request.query as Record<string, string | string[] | undefined>
  const last = (value: string | string[] | undefined) => Array.isArray(value) ? value.at(-1) : value
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, last(value)]))
}

/** The query of the next page: everything that was asked for, further on. */
function queryWith (request: FastifyRequest, offset: number, limit: number): string {
  const query = new URLSearchParams(request.url.slice(request.url.indexOf('?')))
  query.set('offset', String(offset))
  query.set('limit', String(limit))
  return query.toString()
}
