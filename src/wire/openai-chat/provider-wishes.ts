// The member `provider` of a request. https://openrouter.ai/docs/guides/routing/provider-selection

import type { JsonObject, JsonValue } from '../../core/json.ts'
import { readRate, type Rate } from '../../core/money.ts'
import {
  PERCENTILES, SORT_METRICS, type Cutoffs, type MostPrice, type ProviderWishes, type SortMetric
} from '../../core/wishes.ts'
import { readChoice, readFlag, readMembers, readNames, readPositive, refuse } from './wish-values.ts'

const PARTITIONS = ['model', 'none'] as const
const COLLECTIONS = ['allow', 'deny'] as const

/** What a price is for; OpenRouter's SDK sends it as text, others as a number. */
const PRICE_UNITS: { readonly [name in keyof MostPrice]-?: bigint } = {
  prompt: 1_000_000n, completion: 1_000_000n, request: 1n, image: 1n, audio: 1_000_000n
}

/** Members of a request a model may not understand. https://openrouter.ai/docs/api-reference/parameters */
const PARAMETERS = [
  'temperature', 'top_p', 'top_k', 'min_p', 'top_a', 'frequency_penalty', 'presence_penalty', 'repetition_penalty',
  'max_tokens', 'max_completion_tokens', 'logit_bias', 'logprobs', 'top_logprobs', 'prediction', 'seed',
  'response_format', 'structured_outputs', 'stop', 'tools', 'tool_choice', 'parallel_tool_calls', 'include_reasoning',
  'reasoning', 'reasoning_effort', 'web_search_options', 'verbosity'
]

export interface ReadProvider {
  readonly provider: ProviderWishes | undefined
  readonly partition: typeof PARTITIONS[number] | undefined
}

/** @throws GatewayError `invalid_body` naming the member. */
export function readProviderWishes (body: JsonObject): ReadProvider {
  const told = readMembers(body['provider'], 'provider')
  if (!told) return { provider: undefined, partition: undefined }
  const { metric, partition } = readSort(told['sort'])
  const provider = {
    told,
    order: filled(readNames(told['order'], 'provider.order')),
    only: filled(readNames(told['only'], 'provider.only')),
    ignore: filled(readNames(told['ignore'], 'provider.ignore')),
    mayFallBack: readFlag(told['allow_fallbacks'], 'provider.allow_fallbacks') ?? true,
    parameters: readFlag(told['require_parameters'], 'provider.require_parameters') === true ? parametersIn(body) : [],
    needsPrivacy: readChoice(told['data_collection'], 'provider.data_collection', COLLECTIONS) === 'deny',
    needsZdr: readFlag(told['zdr'], 'provider.zdr') === true,
    quantizations: filled(readNames(told['quantizations'], 'provider.quantizations')),
    sort: metric,
    maxPrice: readMaxPrice(told['max_price']),
    leastThroughput: readCutoffs(told['preferred_min_throughput'], 'provider.preferred_min_throughput', 1),
    mostLatencyMs: readCutoffs(told['preferred_max_latency'], 'provider.preferred_max_latency', 1_000)
  }
  return { provider, partition }
}

/** An empty list wishes nothing: clients send them for settings that were never filled in. */
function filled (names: readonly string[] | undefined): readonly string[] | undefined {
  return names && names.length > 0 ? names : undefined
}

function parametersIn (body: JsonObject): readonly string[] {
  return PARAMETERS.filter((name) => body[name] !== undefined && body[name] !== null)
}

/** `"price"`, or `{"by":"price","partition":"none"}`. */
function readSort (
  value: JsonValue | undefined
): { readonly metric: SortMetric | undefined, readonly partition: ReadProvider['partition'] } {
  if (value === undefined || value === null) return { metric: undefined, partition: undefined }
  if (typeof value === 'string') return { metric: readChoice(value, 'provider.sort', SORT_METRICS), partition: undefined }
  const sort = readMembers(value, 'provider.sort')
  return {
    metric: readChoice(sort?.['by'], 'provider.sort.by', SORT_METRICS),
    partition: readChoice(sort?.['partition'], 'provider.sort.partition', PARTITIONS)
  }
}

function readMaxPrice (value: JsonValue | undefined): MostPrice | undefined {
  const told = readMembers(value, 'provider.max_price')
  if (!told) return undefined
  const price: { -readonly [name in keyof MostPrice]: Rate } = {}
  for (const [name, per] of Object.entries(PRICE_UNITS) as Array<[keyof MostPrice, bigint]>) {
    const most = told[name]
    if (most !== undefined && most !== null) price[name] = readDollars(most, `provider.max_price.${name}`, per)
  }
  return price
}

function readDollars (value: JsonValue, path: string, per: bigint): Rate {
  if (typeof value !== 'number' && typeof value !== 'string') return refuse(path, 'must be a number')
  try {
    return readRate(String(value), per)
  } catch {
    return refuse(path, 'must be a number of dollars, not below 0') // whatever else the text may be
  }
}

/** A number is the median's. `unit`: what one of it is in ours. */
function readCutoffs (value: JsonValue | undefined, path: string, unit: number): Cutoffs | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return { p50: (readPositive(value, path) ?? 0) * unit }
  const told = readMembers(value, path)
  const cutoffs: { -readonly [percentile in keyof Cutoffs]: number } = {}
  for (const name of PERCENTILES) {
    const cutoff = readPositive(told?.[name], `${path}.${name}`)
    if (cutoff !== undefined) cutoffs[name] = cutoff * unit
  }
  return cutoffs
}
