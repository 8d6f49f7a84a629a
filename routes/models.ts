// The model list: one payload for clients of OpenAI and of OpenRouter, whole or in pages, and one model by any name.

import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { modelListOf, type ListedModel, type ModelCard, type ModelList } from '../src/catalog/model-card.ts'
import { GatewayError } from '../src/core/errors.ts'

/** What one query may ask of the list; anything else in it is ignored, as OpenRouter does. */
interface ListQuery {
  readonly filters: ReadonlyArray<(card: ModelCard) => boolean>
  /** Undefined: the whole list. */
  readonly page: { readonly offset: number, readonly limit: number } | undefined
}

type CardFilter = (card: ModelCard, wanted: readonly string[]) => boolean

const DEFAULT_LIMIT = 500
const LARGEST_LIMIT = 1000
const LONGEST_SHOWN = 200
const JSON_TYPE = 'application/json; charset=utf-8'

/** Comma-separated values; `all` switches a filter off. */
const FILTERS: { readonly [parameter: string]: CardFilter } = {
  supported_parameters: (card, wanted) => wanted.every((name) => card.supported_parameters.includes(name)),
  input_modalities: (card, wanted) => wanted.every((name) => card.architecture.input_modalities.includes(name)),
  output_modalities: (card, wanted) => wanted.some((name) => card.architecture.output_modalities.includes(name))
}

/** Registered under `/v1` and `/api/v1`. */
const models: FastifyPluginAsync = async (fastify) => {
  const list = () => modelListOf(fastify.gateway.catalog())

  fastify.get('/models', async (request, reply) => {
    reply.type(JSON_TYPE)
    return pageOf(list(), request, `${fastify.prefix}/models`)
  })

  fastify.get('/models/count', async (request) => ({ data: { count: matching(list(), readQuery(request)).length } }))

  // Ids hold slashes, so a wildcard; the router has undone the URL's escapes.
  fastify.get<{ Params: { '*': string } }>('/models/*', async (request, reply) => {
    const model = find(list(), request.params['*'])
    reply.type(JSON_TYPE)
    return model.json
  })
}

export default models

/** Whole lists without a filter are written once per catalog: they are what clients ask for at every start. */
const wholeLists = new WeakMap<ModelList, Buffer>()

function pageOf (list: ModelList, request: FastifyRequest, path: string): string | Buffer {
  const query = readQuery(request)
  if (!query.page && query.filters.length === 0) return wholeList(list)
  const found = matching(list, query)
  if (!query.page) return listJson(found, found.length, null)
  const { offset, limit } = query.page
  const next = offset + limit
  const link = next < found.length ? `${path}?${queryWith(request, next, limit)}` : null
  return listJson(found.slice(offset, next), found.length, link)
}

function wholeList (list: ModelList): Buffer {
  const known = wholeLists.get(list)
  if (known) return known
  const written = Buffer.from(listJson(list.models, list.models.length, null))
  wholeLists.set(list, written)
  return written
}

function listJson (models: readonly ListedModel[], total: number, next: string | null): string {
  const rows = models.map(({ json }) => json).join(',')
  return `{"object":"list","data":[${rows}],"total_count":${total},"links":{"next":${JSON.stringify(next)}}}`
}

function matching ({ models }: ModelList, { filters }: ListQuery): readonly ListedModel[] {
  return filters.length === 0 ? models : models.filter(({ card }) => filters.every((filter) => filter(card)))
}

function readQuery (request: FastifyRequest): ListQuery {
  const filters = Object.entries(FILTERS).flatMap(([parameter, filter]) => {
    const wanted = (textOf(request, parameter) ?? 'all').split(',').map((name) => name.trim())
    return wanted.includes('all') ? [] : [(card: ModelCard) => filter(card, wanted)]
  })
  const offset = readCount(request, 'offset', 0)
  const limit = readCount(request, 'limit', 1)
  const isPaged = offset !== undefined || limit !== undefined
  const page = { offset: offset ?? 0, limit: Math.min(limit ?? DEFAULT_LIMIT, LARGEST_LIMIT) }
  return { filters, page: isPaged ? page : undefined }
}

function readCount (request: FastifyRequest, parameter: string, least: number): number | undefined {
  const text = textOf(request, parameter)
  if (text === undefined) return undefined
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count >= least) return count
  throw new GatewayError('invalid_body', { reason: `${parameter} must be a whole number from ${least} on.` }, { param: parameter })
}

/** A parameter given several times counts as it was last given. */
function textOf (request: FastifyRequest, parameter: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[parameter]
  return Array.isArray(value) ? value.at(-1) : value
}

/** The query of the next page: everything that was asked for, further on. */
function queryWith (request: FastifyRequest, offset: number, limit: number): string {
  const query = new URLSearchParams(request.url.slice(request.url.indexOf('?')))
  query.set('offset', String(offset))
  query.set('limit', String(limit))
  return query.toString()
}

function find (list: ModelList, name: string): ListedModel {
  const model = list.find(name)
  if (model) return model
  const near = list.nearest(name)
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'GET /v1/models lists what is served.'
  throw new GatewayError('unknown_model', { model: name.slice(0, LONGEST_SHOWN), hint })
}
