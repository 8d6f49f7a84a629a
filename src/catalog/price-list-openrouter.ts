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
/** Told for other things than tokens and searches: left out, as in the pricing itself. */
const LEFT_OUT = ['image', 'image_output']
const CONDITIONS = ['min_prompt_tokens', 'utc_start', 'utc_end']
const KNOWN = new Set([...CONDITIONS, ...Object.keys(PER_TOKEN), ...Object.keys(PER_UNIT), ...LEFT_OUT])
/** A zero of another member means "not charged apart", and not "free". */
const MEANS_ZERO = ['prompt', 'completion']
const MILLION_DIGITS = 6
const NANO_DIGITS = 9

/** Undefined: it has no place in a price of ours. What is no number stays as it is, for the reader to refuse. */
export function costsOfPricing (pricing: JsonObject): JsonObject | undefined {
  const { overrides = [] } = pricing
  if (!Array.isArray(overrides)) return undefined
  const terms = overrides.map(termOf)
  if (!terms.every((term) => term !== undefined)) return undefined
  const tiers = tiersIn(terms)
  const hours = hoursIn(terms)
  return { ...costsIn(pricing), ...tiers.length > 0 && { tiers }, ...hours.length > 0 && { hours } }
}

/** An override: under all of its conditions these costs take the place of others. */
interface Term {
  readonly aboveInput: JsonValue | undefined
  /** As members of `hours`; undefined: at any time. */
  readonly hours: JsonObject | undefined
  readonly costs: JsonObject
}

/** Undefined: it depends on something that nobody knows, or on nothing. */
function termOf (override: JsonValue): Term | undefined {
  const members = asObject(override)
  if (!members || !Object.keys(members).every((member) => KNOWN.has(member))) return undefined
  const { min_prompt_tokens: aboveInput, utc_start: start, utc_end: end } = members
  const isTimed = isTold(start) || isTold(end)
  const hours: JsonObject = { ...isTold(start) ? { utc_start: start } : {}, ...isTold(end) ? { utc_end: end } : {} }
  if (!isTimed && !isTold(aboveInput)) return undefined
  return {
    aboveInput: isTold(aboveInput) ? aboveInput : undefined, hours: isTimed ? hours : undefined, costs: costsIn(members)
  }
}

function isTold (value: JsonValue | undefined): value is Exclude<JsonValue, null> {
  return value !== undefined && value !== null
}

/** Of our tiers only the largest that is reached counts: each gets what those below it say as well. */
function tiersIn (terms: readonly Term[]): JsonObject[] {
  const always = terms.filter(({ hours }) => !hours)
  return always.map(({ aboveInput }) => {
    const reached = always.filter((other) => Number(other.aboveInput) <= Number(aboveInput))
    return Object.assign({ above_input: aboveInput }, ...reached.map(({ costs }) => costs))
  })
}

/** Hours lie over tiers: a tier that is told behind some of them is said once more for each of theirs. */
function hoursIn (terms: readonly Term[]): JsonObject[] {
  return terms.flatMap(({ aboveInput, hours, costs }, at) => {
    const limit = aboveInput === undefined ? {} : { above_input: aboveInput }
    if (hours) return [{ ...hours, ...limit, ...costs }]
    const before = terms.slice(0, at).map((term) => term.hours).filter((part) => part !== undefined)
    const parts = new Map(before.map((part) => [JSON.stringify(part), part]))
    return [...parts.values()].map((part) => ({ ...part, ...limit, ...costs }))
  })
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
