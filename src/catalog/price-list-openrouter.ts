// OpenRouter's `pricing` (USD for one token, as text) to the costs of a backend (USD for a million).
// https://openrouter.ai/docs/api/api-reference/models/get-models

import { asObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { readRate } from '../core/money.ts'

const PER_TOKEN: { readonly [member: string]: string } = {
  prompt: 'input_cost',
  completion: 'output_cost',
  input_cache_read: 'cached_input_cost',
  input_cache_write: 'cache_write_cost',
  input_cache_write_1h: 'cache_write_1h_cost',
  internal_reasoning: 'reasoning_cost',
  image_token: 'image_input_cost',
  audio: 'audio_input_cost',
  input_audio_cache: 'cached_audio_input_cost',
  audio_output: 'audio_output_cost'
}
const PER_UNIT: { readonly [member: string]: string } = { request: 'per_request', web_search: 'per_search' }
/** A zero of another member means "not charged apart", and not "free". */
const MEANS_ZERO = ['prompt', 'completion']
const MILLION_DIGITS = 6
const NANO_DIGITS = 9

/** Undefined: it has no place in a price of ours. What is no number stays as it is, for the reader to refuse. */
export function costsOfPricing (pricing: JsonObject): JsonObject | undefined {
  const { overrides = [] } = pricing
  if (!Array.isArray(overrides)) return undefined
  const tiers = overrides.map(tierOf)
  if (!tiers.every((tier) => tier !== undefined)) return undefined
  return { ...costsIn(pricing), ...tiers.length > 0 && { tiers } }
}

/** Only those that depend on the length of the prompt; there are others, by the time of day. */
function tierOf (override: JsonValue): JsonObject | undefined {
  const members = asObject(override)
  const aboveInput = members?.['min_prompt_tokens']
  if (!members || aboveInput === undefined || 'utc_start' in members || 'utc_end' in members) return undefined
  return { above_input: aboveInput, ...costsIn(members) }
}

function costsIn (pricing: JsonObject): JsonObject {
  const costs: { [key: string]: JsonValue } = {}
  for (const [table, perMillion] of [[PER_TOKEN, true], [PER_UNIT, false]] as const) {
    for (const [member, key] of Object.entries(table)) {
      const told = pricing[member]
      if (told === undefined || told === null || (isZero(told) && !MEANS_ZERO.includes(member))) continue
      costs[key] = perMillion ? timesMillion(told) : told
    }
  }
  return costs
}

function isZero (told: JsonValue): boolean {
  return Number(told) === 0 && String(told).trim() !== ''
}

/** "0.0000025" to "2.5", digit by digit. */
export function timesMillion (told: JsonValue): JsonValue {
  const rate = rateOf(withoutNoise(String(told)))
  if (!rate) return told
  // The unit of the rate is a power of ten, because it was read for one token.
  const places = NANO_DIGITS - MILLION_DIGITS + rate.per.toString().length - 1
  const digits = rate.nanoUsd.toString().padStart(places + 1, '0')
  const whole = digits.slice(0, -places)
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/**
 * OpenRouter divides in binary: fourteen of its models of August 2026 have a "0.0000006000000000000001". No price is
 * meant to more than ten digits.
 */
function withoutNoise (text: string): string {
  return /^\d{1,12}\.\d{13,30}$/.test(text) ? Number(text).toExponential(9) : text
}

function rateOf (text: string) {
  try {
    return readRate(text, 1n)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
