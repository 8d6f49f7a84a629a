// What a client may wish of routing, in OpenRouter's words: the parts of a body that choose models and providers.
// https://openrouter.ai/docs/guides/routing/provider-selection

import { GatewayError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { Rate } from './money.ts'

/** `exacto`: quality first, which is uptime, then throughput. */
export const SORT_METRICS = ['price', 'throughput', 'latency', 'exacto'] as const
export type SortMetric = typeof SORT_METRICS[number]

export const PERCENTILES = ['p50', 'p75', 'p90', 'p99'] as const
/** All that are given must hold. */
export type Cutoffs = { readonly [percentile in typeof PERCENTILES[number]]?: number }

/** `fast` is another word for `priority`. https://openrouter.ai/docs/guides/features/service-tiers */
export const ASKED_TIERS = ['flex', 'priority', 'fast'] as const
export type AskedTier = typeof ASKED_TIERS[number]

/** The most a backend may cost, inclusive; by what is billed. */
export interface MostPrice {
  readonly prompt?: Rate
  readonly completion?: Rate
  readonly request?: Rate
  readonly image?: Rate
  readonly audio?: Rate
}

/** The member `provider`. Lists are as the client wrote them: routing/provider-names.ts reads them. */
export interface ProviderWishes {
  /** The whole member: OpenRouter judges for itself what we do not know. */
  readonly told: JsonObject
  /** First these, in this order. */
  readonly order: readonly string[] | undefined
  readonly only: readonly string[] | undefined
  readonly ignore: readonly string[] | undefined
  /** False: nobody but the first, or those of `order`. */
  readonly mayFallBack: boolean
  /** Members of the request that the backend must understand (`require_parameters`); empty: it may drop some. */
  readonly parameters: readonly string[]
  /** `data_collection: "deny"`. */
  readonly needsPrivacy: boolean
  readonly needsZdr: boolean
  readonly quantizations: readonly string[] | undefined
  readonly sort: SortMetric | undefined
  readonly maxPrice: MostPrice | undefined
  /** Output tokens per second. Who is slower comes last. */
  readonly leastThroughput: Cutoffs | undefined
  /** To the first output. Who is slower comes last. */
  readonly mostLatencyMs: Cutoffs | undefined
}

export interface RoutingWishes {
  /** Models for which `model` may be exchanged, in order; empty: none. */
  readonly models: readonly string[]
  /** Backends of all models are ordered together, instead of model after model. */
  readonly isPooled: boolean
  readonly provider: ProviderWishes | undefined
  /** Name of a preset, which only OpenRouter has. */
  readonly preset: string | undefined
  /** Plugins, and old `transforms`, that only OpenRouter has, in words; undefined or empty: none. */
  readonly plugins?: readonly string[]
  /** `session_id`: requests of one session go to one backend. */
  readonly session: string | undefined
  /** `prompt_cache_key`, which says the same where nothing else does. */
  readonly cacheKey: string | undefined
  /** The prompt cache that the body asks for lives an hour: so does the session. */
  readonly isLongCached: boolean
  /** `service_tier`, as far as it chooses among backends. */
  readonly serviceTier: AskedTier | undefined
}

/** In OpenRouter's words, which clients look for. */
export function tooManyModels (most: number): GatewayError {
  return new GatewayError('invalid_body', { reason: `'models' array must have ${most} items or fewer.` }, { param: 'models' })
}
