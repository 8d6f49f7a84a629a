// The ways to serve one model as OpenRouter's clients read them: one endpoint for each backend of ours.
// https://openrouter.ai/docs/api-reference/endpoints/list-endpoints

import { priceOnCard, type CardPricing } from './card-pricing.ts'
import type { Backend, Model } from './catalog.ts'
import { DAY_MS, FIVE_MINUTES_MS, HALF_HOUR_MS, type Measured, type Percentiles } from './measured.ts'
import type { ListedModel, ModelCard } from './model-card.ts'

/** Every member is always there, null where nothing is known: OpenRouter's SDK refuses the whole answer otherwise. */
export interface EndpointCard {
  readonly name: string
  readonly model_id: string
  readonly model_name: string
  /** Tokens; 0: not known, because the member must be a number. */
  readonly context_length: number
  readonly pricing: CardPricing
  readonly provider_name: string
  /** What `provider.order` and `provider.only` of a request call it. */
  readonly tag: string
  readonly quantization: string | null
  readonly max_completion_tokens: number | null
  readonly max_prompt_tokens: number | null
  readonly supported_parameters: readonly string[]
  readonly supports_tool_choice: {
    readonly auto: boolean
    readonly function: boolean
    readonly none: boolean
    readonly required: boolean
  }
  readonly supports_implicit_caching: boolean
  readonly supports_voice_cloning: boolean
  /** 0: well. Below it: it rests after failures; OpenRouter publishes no meaning of its negative numbers. */
  readonly status: number
  /** Percent; null: too little was seen. */
  readonly uptime_last_5m: number | null
  readonly uptime_last_30m: number | null
  readonly uptime_last_1d: number | null
  /** Ms to the first output. */
  readonly latency_last_30m: Percentiles | null
  /** Output tokens per second. */
  readonly throughput_last_30m: Percentiles | null
}

/** The answer of `/models/{author}/{slug}/endpoints`. */
export interface ModelEndpoints {
  readonly id: string
  readonly name: string
  readonly created: number
  readonly description: string
  readonly architecture: ModelCard['architecture']
  readonly endpoints: readonly EndpointCard[]
}

/** What is known of backends beside the catalog. */
export interface EndpointSights {
  /** Display name of a provider. */
  nameOf (provider: string): string
  isResting (backendId: string): boolean
  readonly measured: Measured
}

/** A name that chooses a model has none of its own. */
export function endpointsOf ({ card, model }: ListedModel, sights: EndpointSights): ModelEndpoints {
  const { id, name, created, description = '', architecture } = card
  const endpoints = model ? model.backends.map((backend) => endpointOf({ card, model, backend }, sights)) : []
  return { id, name, created, description, architecture, endpoints }
}

interface Place {
  readonly card: ModelCard
  readonly model: Model
  readonly backend: Backend
}

function endpointOf (place: Place, { nameOf, isResting, measured }: EndpointSights): EndpointCard {
  const { card, model, backend } = place
  const hasTools = model.capabilities.has('tool_calling')
  const providerName = nameOf(backend.provider)
  return {
    name: `${providerName} | ${card.id}`,
    model_id: card.id,
    model_name: card.name,
    ...sizesOf(place),
    pricing: priceOnCard(model, backend.price),
    provider_name: providerName,
    tag: tagOf(backend),
    quantization: backend.facts?.quantization ?? null,
    max_prompt_tokens: null,
    supported_parameters: parametersAt(place),
    supports_tool_choice: { auto: hasTools, function: hasTools, none: hasTools, required: hasTools },
    supports_implicit_caching: isCachedUnasked(backend),
    supports_voice_cloning: false,
    status: isResting(backend.id) ? -1 : 0,
    ...performanceOf(backend, measured)
  }
}

function sizesOf ({ model, backend }: Place): Pick<EndpointCard, 'context_length' | 'max_completion_tokens'> {
  return {
    context_length: backend.contextWindow ?? model.contextWindow ?? 0,
    max_completion_tokens: backend.maxOutputTokens ?? model.maxOutputTokens ?? null
  }
}

function performanceOf ({ id }: Backend, measured: Measured) {
  return {
    uptime_last_5m: measured.uptime(id, FIVE_MINUTES_MS) ?? null,
    uptime_last_30m: measured.uptime(id, HALF_HOUR_MS) ?? null,
    uptime_last_1d: measured.uptime(id, DAY_MS) ?? null,
    latency_last_30m: measured.latencyMs(id, HALF_HOUR_MS) ?? null,
    throughput_last_30m: measured.throughput(id, HALF_HOUR_MS) ?? null
  }
}

/** What this backend understands: what its row says, else what the model's card does. */
export function parametersAt ({ card, backend }: Pick<Place, 'card' | 'backend'>): readonly string[] {
  return backend.facts?.supportedParameters ?? card.supported_parameters
}

/** `deepinfra`, or `deepinfra/turbo` for one of several ways it serves the model. */
function tagOf ({ provider, facts }: Backend): string {
  return facts?.variant === undefined ? provider : `${provider}/${facts.variant}`
}

/** Every endpoint that keeps nothing, in the order of the list. */
export function endpointsWithoutRetention (models: readonly ListedModel[], sights: EndpointSights): EndpointCard[] {
  return models.flatMap(({ card, model }) => (model?.backends ?? [])
    .filter(({ facts }) => facts?.isZdr)
    .map((backend) => endpointOf({ card, model: model as Model, backend }, sights)))
}

/** Where reading the cache has a price of its own and writing has none, the provider caches by itself. */
function isCachedUnasked ({ price }: Backend): boolean {
  return price?.rates.cache_read !== undefined && price.rates.cache_write === undefined
}
