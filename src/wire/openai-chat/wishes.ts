// `models`, `provider` and the other members of a body that choose among backends, read strictly: a wish that is
// misspelt must not be read past, since it may be the one that keeps a prompt away from somebody.
//
// Unknown members of `provider` are accepted: OpenRouter adds some, and its backend gets the member as it came.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { ASKED_TIERS, tooManyModels, type RoutingWishes } from '../../core/wishes.ts'
import { foreignPlugins } from './plugins.ts'
import { readProviderWishes } from './provider-wishes.ts'
import { readChoice, readName, readNames } from './wish-values.ts'

const WISHES = ['models', 'route', 'provider', 'preset', 'plugins', 'transforms', 'debug', 'session_id', 'prompt_cache_key']

/** Deprecated spelling of `provider.sort.partition`. */
const ROUTES = ['fallback', 'sort'] as const
const MOST_MODELS = 20

/**
 * Undefined, at the price of ten lookups: the body has none.
 * @throws GatewayError `invalid_body` naming the member.
 */
export function readWishes (value: JsonObject): RoutingWishes | undefined {
  const serviceTier = ASKED_TIERS.find((tier) => tier === value['service_tier']) // others choose nobody
  if (serviceTier === undefined && !WISHES.some((name) => isTold(value[name]))) return undefined
  const { provider, partition } = readProviderWishes(value)
  const route = readChoice(value['route'], 'route', ROUTES)
  return {
    models: readModels(value['models']),
    isPooled: partition === undefined ? route === 'sort' : partition === 'none',
    provider,
    preset: readName(value['preset'], 'preset'),
    plugins: foreignPlugins(value),
    session: readName(value['session_id'], 'session_id'),
    cacheKey: readName(value['prompt_cache_key'], 'prompt_cache_key'),
    isLongCached: isAnHour(value['cache_control']) || isAnHour(value['prompt_cache_options']),
    serviceTier
  }
}

function isTold (value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null
}

function readModels (value: JsonValue | undefined): readonly string[] {
  const models = readNames(value, 'models') ?? []
  if (models.length <= MOST_MODELS) return models
  throw tooManyModels(MOST_MODELS)
}

/** `ttl: "1h"`. https://openrouter.ai/docs/guides/best-practices/prompt-caching */
function isAnHour (value: JsonValue | undefined): boolean {
  return asObject(value)?.['ttl'] === '1h'
}
