// The model list: one payload for clients of OpenAI and of OpenRouter, whole or in pages, and one model by any name.
//
// A list nothing is asked of shows every model, embeddings and speech as well: OpenRouter would show those for text
// only, but a client of OpenAI has no other way to see the rest. `output_modalities=text` is OpenRouter's list.

import type { FastifyPluginAsync } from 'fastify'
import { modelListOf, type ListedModel } from '../src/catalog/model-card.ts'
import { openTo } from '../src/catalog/own-models.ts'
import { createEndpointAnswers, ENDPOINTS } from './model-endpoints.ts'
import { findModel } from './model-find.ts'
import { countAnswer, listAnswer, type ListParts } from './model-list.ts'

type Wildcard = { Params: { readonly '*': string } }

const JSON_TYPE = 'application/json; charset=utf-8'

/** Registered under `/v1` and `/api/v1`. */
const models: FastifyPluginAsync = async (fastify) => {
  const { gateway } = fastify
  const endpoints = createEndpointAnswers(gateway)
  const list = () => modelListOf(gateway.catalog())
  const parts = (): ListParts => ({ nowS: Math.floor(gateway.clock.nowMs() / 1_000), measured: gateway.performance })

  fastify.get('/models', { config: { isRated: true, doc: 'MODELS_DOC' } }, async (request, reply) => {
    reply.type(JSON_TYPE)
    return listAnswer(request, list().models, parts())
  })

  fastify.get('/models/count', { config: { isRated: true, doc: 'MODEL_COUNT_DOC' } }, async (request) =>
    countAnswer(request, list().models, parts()))

  fastify.get('/models/user', { config: { isRated: true, doc: 'OWN_MODELS_DOC' } }, async (request, reply) => {
    reply.type(JSON_TYPE)
    return listAnswer(request, openTo(request.principal, list().models), parts())
  })

  fastify.get('/embeddings/models', { config: { isRated: true, doc: 'EMBEDDING_MODELS_DOC' } }, async (request, reply) => {
    reply.type(JSON_TYPE)
    return listAnswer(request, list().models.filter(isForEmbeddings), parts())
  })

  // Ids hold slashes, so a wildcard; the router has undone the URL's escapes. A model's own name comes first.
  fastify.get<Wildcard>('/models/*', { config: { isRated: true, doc: 'MODEL_DOC' } }, async ({ params: { '*': path } }, reply) => {
    const known = list().find(path)
    if (!known && path.endsWith(ENDPOINTS)) return endpoints.of(findModel(list(), path.slice(0, -ENDPOINTS.length)))
    reply.type(JSON_TYPE)
    return (known ?? findModel(list(), path)).json
  })

  fastify.get<Wildcard>('/model/*', { config: { isRated: true, doc: 'WRAPPED_MODEL_DOC' } }, async ({ params: { '*': path } }, reply) => {
    reply.type(JSON_TYPE)
    return `{"data":${findModel(list(), path).json}}`
  })
}

export default models

function isForEmbeddings ({ card }: ListedModel): boolean {
  return card.architecture.output_modalities.includes('embeddings')
}
