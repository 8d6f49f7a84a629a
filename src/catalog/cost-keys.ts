// Costs as written in the file, to exact rates. No cost passes through a float.

import { readRate, type Rate } from '../core/money.ts'
import type { UsageKind } from '../core/usage.ts'
import type { Rates } from './catalog.ts'
import { shown, textOf, type Field } from './fields.ts'

interface CostKey {
  readonly kind: UsageKind
  /** How many of the kind's units the cost is for. */
  readonly per: bigint
}

const MILLION = 1_000_000n
const SECOND_MS = 1_000n
const MINUTE_MS = 60_000n

/** What a backend may cost, by key of the file. USD; tokens by the million. */
export const COST_KEYS: { readonly [key: string]: CostKey } = {
  input_cost: { kind: 'input', per: MILLION },
  output_cost: { kind: 'output', per: MILLION },
  cached_input_cost: { kind: 'cache_read', per: MILLION },
  cache_write_cost: { kind: 'cache_write', per: MILLION },
  cache_write_1h_cost: { kind: 'cache_write_1h', per: MILLION },
  reasoning_cost: { kind: 'reasoning', per: MILLION },
  audio_input_cost: { kind: 'audio_input', per: MILLION },
  cached_audio_input_cost: { kind: 'cached_audio_input', per: MILLION },
  audio_output_cost: { kind: 'audio_output', per: MILLION },
  image_input_cost: { kind: 'image_input', per: MILLION },
  cached_image_input_cost: { kind: 'cached_image_input', per: MILLION },
  image_output_cost: { kind: 'image_output', per: MILLION },
  video_input_cost: { kind: 'video_input', per: MILLION },
  per_million_characters: { kind: 'characters', per: MILLION },
  per_character: { kind: 'characters', per: 1n },
  per_minute: { kind: 'audio_ms', per: MINUTE_MS },
  per_second: { kind: 'audio_ms', per: SECOND_MS },
  per_image: { kind: 'images', per: 1n },
  per_page: { kind: 'pages', per: 1n },
  per_search_unit: { kind: 'search_units', per: 1n },
  per_search: { kind: 'searches', per: 1n },
  per_tool_call: { kind: 'tool_calls', per: 1n },
  per_request: { kind: 'requests', per: 1n }
}

/** Nothing costs that much; above it a sum could leave the ledger's 64-bit integers. */
const HIGHEST_NANO_USD = 1_000_000n * 1_000_000_000n
/** USD 0.0001 per million: below it the cost was most likely written per token. The lowest real one is 0.0028. */
const LOWEST_LIKELY_NANO_USD = 100_000n

/** The rates among the members; wrong ones are in the report. */
export function readRates (members: ReadonlyMap<string, Field>): Rates {
  const rates: { [kind in UsageKind]?: Rate } = {}
  for (const [key, cost] of Object.entries(COST_KEYS)) {
    const field = members.get(key)
    const rate = rateOf(field, cost)
    if (rate && rates[cost.kind]) field?.refuse('is for what another cost is for already: give one of them')
    if (rate) rates[cost.kind] = rate
  }
  return rates
}

/** Whether any cost is given, wrong ones too. */
export function hasCost (members: ReadonlyMap<string, Field>): boolean {
  return Object.keys(COST_KEYS).some((key) => members.has(key))
}

/** Rates that stand in for others: at least one has to be given. Undefined: there is none, and it is in the report. */
export function readOwnRates (field: Field, members: ReadonlyMap<string, Field>): Rates | undefined {
  const rates = readRates(members)
  return hasCost(members) ? Object.freeze(rates) : field.refuse('has no cost: give input_cost or another one')
}

function rateOf (field: Field | undefined, { per }: CostKey): Rate | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const rate = decimalOf(text, (text) => readRate(text, per))
  if (!rate) return field.refuse(`"${shown(text)}" is not a cost: write USD as a decimal number such as 2.5 or 0.0028, zero or more`)
  if (rate.nanoUsd * per > HIGHEST_NANO_USD * rate.per) return field.refuse(`${shown(text)} is more than a million USD`)
  const isTiny = rate.nanoUsd > 0n && rate.nanoUsd * per < LOWEST_LIKELY_NANO_USD * rate.per
  if (per === MILLION && isTiny) field.warn(`USD ${shown(text)} per million: is it meant per token?`)
  return rate
}

/** What `read` makes of a decimal number; undefined when the text is none. */
export function decimalOf<Value> (text: string, read: (text: string) => Value): Value | undefined {
  try {
    return read(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
