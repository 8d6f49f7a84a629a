// The ways to serve a model, who serves them, and what they understand: `/models/{id}/endpoints`, `/endpoints/zdr`,
// `/providers` and `/parameters/{id}`.

import type { FastifyPluginAsync } from 'fastify'
import { endpointsOf, endpointsWithoutRetention, parametersAt, type ModelEndpoints } from '../src/catalog/endpoint-card.ts'
import { modelListOf, type ListedModel } from '../src/catalog/model-card.ts'
import { GatewayError } from '../src/core/errors.ts'
import type { Gateway } from '../src/gateway.ts'
import { findModel } from './model-find.ts'
import { textsOf } from './model-list.ts'
import { sightsOf } from './model-sights.ts'

/** How the path of a model's endpoints ends. */
export const ENDPOINTS = '/endpoints'

export interface EndpointAnswers {
  of (listed: ListedModel): Promise<{ readonly data: ModelEndpoints }>
}

export function createEndpointAnswers (gateway: Gateway): EndpointAnswers {
  return {
    async of (listed) {
      const own = endpointsOf(listed, sightsOf(gateway))
      const { isLive = false } = listed.model ?? {}
      // Who serves such a model is OpenRouter's to say; our one way to it is what is left when it does not.
      const theirs = isLive ? await gateway.liveEndpoints.of(listed.card.id) : undefined
      return { data: { ...own, endpoints: theirs ?? own.endpoints } }
    }
  }
}

/** Registered under `/v1` and `/api/v1`. */
const modelEndpoints: FastifyPluginAsync = async (fastify) => {
  const { gateway } = fastify
  const list = () => modelListOf(gateway.catalog())

  fastify.get('/endpoints/zdr', { config: { isRated: true, doc: 'ZDR_DOC' } }, async () => ({
    data: endpointsWithoutRetention(list().models, sightsOf(gateway))
  }))

  fastify.get('/providers', { config: { isRated: true, doc: 'PROVIDERS_DOC' } }, async () => ({
    data: gateway.providers().all()
      .filter(({ id }) => gateway.credentials.state(id).kind !== 'none')
      .map(({ id, displayName }) => ({ name: displayName, slug: id, ...UNTOLD }))
  }))

  fastify.get<{ Params: { readonly '*': string } }>('/parameters/*', { config: { isRated: true, doc: 'PARAMETERS_DOC' } }, async (request) => {
    const listed = findModel(list(), request.params['*'])
    return { data: { model: listed.card.id, supported_parameters: parametersOf(listed, textsOf(request)['provider']) } }
  })
}

export default modelEndpoints

/** Members that OpenRouter's clients require, and that nobody tells a broker. */
const UNTOLD = {
  privacy_policy_url: null, terms_of_service_url: null, status_page_url: null, headquarters: null, datacenters: null
}

/** @throws GatewayError `nothing_eligible` when `provider` does not serve the model. */
function parametersOf ({ card, model }: ListedModel, provider: string | undefined): readonly string[] {
  if (provider === undefined || !model) return card.supported_parameters
  const backend = model.backends.find((backend) => backend.provider === provider.toLowerCase())
  if (backend) return parametersAt({ card, backend })
  throw new GatewayError('nothing_eligible', { model: card.id, reason: 'that provider does not serve it.' })
}
