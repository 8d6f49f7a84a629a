// OpenRouter's answer of /models/{author}/{slug}/endpoints, row by row, with every member clients require.
// https://openrouter.ai/docs/api-reference/endpoints/list-endpoints

import { asObject, parseObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { CardPricing } from '../card-pricing.ts'
import type { EndpointCard } from '../endpoint-card.ts'
import type { Percentiles } from '../measured.ts'
import { countOf, flagOf, lineOf, numberOf, rowsOf, wordsOf } from './members.ts'

const MOST_ENDPOINTS = 200
const MOST_TOKENS = 1_000_000_000
const LONGEST_NAME = 200
const PRICE = /^(-1|\d{1,12}(\.\d{1,30})?)$/

/** Undefined: it is something else. Rows that lack what a client cannot do without are left out. */
export function readEndpoints (text: string): readonly EndpointCard[] | undefined {
  const rows = rowsOf(asObject(parseObject(text)?.['data'])?.['endpoints'], MOST_ENDPOINTS)
  return rows?.map(readEndpoint).filter((endpoint) => endpoint !== undefined)
}

function readEndpoint (row: JsonObject): EndpointCard | undefined {
  const names = readNames(row)
  const pricing = readPricing(row['pricing'])
  return names && pricing && { ...names, pricing, ...readSizes(row), ...readAbilities(row), ...readPerformance(row) }
}

function readNames (row: JsonObject) {
  const line = (member: string) => lineOf(row[member], LONGEST_NAME)
  const [name, modelId, providerName, tag] = [line('name'), line('model_id'), line('provider_name'), line('tag')]
  if (name === undefined || modelId === undefined || providerName === undefined || tag === undefined) return undefined
  return { name, model_id: modelId, model_name: line('model_name') ?? modelId, provider_name: providerName, tag }
}

function readSizes (row: JsonObject) {
  return {
    context_length: countOf(row['context_length'], 0, MOST_TOKENS) ?? 0,
    quantization: lineOf(row['quantization'], LONGEST_NAME) ?? null,
    max_completion_tokens: countOf(row['max_completion_tokens'], 1, MOST_TOKENS) ?? null,
    max_prompt_tokens: countOf(row['max_prompt_tokens'], 1, MOST_TOKENS) ?? null
  }
}

function readAbilities (row: JsonObject) {
  const parameters = wordsOf(row['supported_parameters']) ?? []
  const choices = asObject(row['supports_tool_choice'])
  const can = (choice: string) => flagOf(choices?.[choice]) ?? parameters.includes('tool_choice')
  return {
    supported_parameters: parameters,
    supports_tool_choice: { auto: can('auto'), function: can('function'), none: can('none'), required: can('required') },
    supports_implicit_caching: flagOf(row['supports_implicit_caching']) ?? false,
    supports_voice_cloning: flagOf(row['supports_voice_cloning']) ?? false
  }
}

/** As OpenRouter measured it. */
function readPerformance (row: JsonObject) {
  return {
    status: numberOf(row['status']) ?? 0,
    uptime_last_5m: numberOf(row['uptime_last_5m']) ?? null,
    uptime_last_30m: numberOf(row['uptime_last_30m']) ?? null,
    uptime_last_1d: numberOf(row['uptime_last_1d']) ?? null,
    latency_last_30m: readPercentiles(row['latency_last_30m']),
    throughput_last_30m: readPercentiles(row['throughput_last_30m'])
  }
}

function readPercentiles (told: JsonValue | undefined): Percentiles | null {
  const members = asObject(told)
  const [p50, p75, p90, p99] = ['p50', 'p75', 'p90', 'p99'].map((name) => numberOf(members?.[name]))
  if (p50 === undefined || p75 === undefined || p90 === undefined || p99 === undefined) return null
  return { p50, p75, p90, p99 }
}

/** Only what is spelt as a price; both required ones must be. */
function readPricing (told: JsonValue | undefined): CardPricing | undefined {
  const prices = new Map<string, string>()
  for (const [member, price] of Object.entries(asObject(told) ?? {}).slice(0, MOST_ENDPOINTS)) {
    if (typeof price === 'string' && PRICE.test(price)) prices.set(member.slice(0, LONGEST_NAME), price)
  }
  const [prompt, completion] = [prices.get('prompt'), prices.get('completion')]
  if (prompt === undefined || completion === undefined) return undefined
  return { ...Object.fromEntries(prices), prompt, completion }
}
