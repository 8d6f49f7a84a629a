// Costs of a backend, as written in the file, to exact rates with a version. No cost passes through a float.

import { createHash } from 'node:crypto'
import { readRate, type Rate } from '../core/money.ts'
import { USAGE_KINDS, type UsageKind } from '../core/usage.ts'
import type { Price } from './catalog.ts'
import { shown, textOf, type Field } from './fields.ts'

interface CostKey {
  readonly kind: UsageKind
  /** How many of the kind's units the cost is for. */
  readonly per: bigint
}

const MILLION = 1_000_000n
const MINUTE_MS = 60_000n

/** What a backend may cost, by key of the file. USD; tokens and characters by the million. */
export const COST_KEYS: { readonly [key: string]: CostKey } = {
  input_cost: { kind: 'input', per: MILLION },
  output_cost: { kind: 'output', per: MILLION },
  cached_input_cost: { kind: 'cache_read', per: MILLION },
  cache_write_cost: { kind: 'cache_write', per: MILLION },
  cache_write_1h_cost: { kind: 'cache_write_1h', per: MILLION },
  reasoning_cost: { kind: 'reasoning', per: MILLION },
  audio_input_cost: { kind: 'audio_input', per: MILLION },
  audio_output_cost: { kind: 'audio_output', per: MILLION },
  image_input_cost: { kind: 'image_input', per: MILLION },
  image_output_cost: { kind: 'image_output', per: MILLION },
  per_million_characters: { kind: 'characters', per: MILLION },
  per_minute: { kind: 'audio_ms', per: MINUTE_MS },
  per_image: { kind: 'images', per: 1n },
  per_request: { kind: 'requests', per: 1n }
}

/** Nothing costs that much; above it a sum could leave the ledger's 64-bit integers. */
const HIGHEST_NANO_USD = 1_000_000n * 1_000_000_000n
/** USD 0.0001 per million: below it the cost was most likely written per token. The lowest real one is 0.0028. */
const LOWEST_LIKELY_NANO_USD = 100_000n

/** The price of a backend, or undefined when no cost is given: then it is unknown, which is not zero. */
export function priceOf (members: ReadonlyMap<string, Field>): Price | undefined {
  const rates: { [kind in UsageKind]?: Rate } = {}
  for (const [key, cost] of Object.entries(COST_KEYS)) {
    const rate = rateOf(members.get(key), cost)
    if (rate) rates[cost.kind] = rate
  }
  if (Object.keys(rates).length === 0) return undefined
  return Object.freeze({ version: versionOf(rates), rates: Object.freeze(rates) })
}

function rateOf (field: Field | undefined, { per }: CostKey): Rate | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const rate = decimalRate(text, per)
  if (!rate) return field.refuse(`"${shown(text)}" is not a cost: write USD as a decimal number such as 2.5 or 0.0028, zero or more`)
  if (rate.nanoUsd * per > HIGHEST_NANO_USD * rate.per) return field.refuse(`${shown(text)} is more than a million USD`)
  const isTiny = rate.nanoUsd > 0n && rate.nanoUsd * per < LOWEST_LIKELY_NANO_USD * rate.per
  if (per === MILLION && isTiny) field.warn(`USD ${shown(text)} per million: is it meant per token?`)
  return rate
}

function decimalRate (text: string, per: bigint): Rate | undefined {
  try {
    return readRate(text, per)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/**
 * Names a price for ever: first 16 hex digits of the SHA-256 over its rates as reduced fractions of nano-USD, in the
 * order of the usage kinds. "2.5" and "2.50" are one price.
 */
export function versionOf (rates: Price['rates']): string {
  const spelling = USAGE_KINDS.flatMap((kind) => {
    const rate = rates[kind]
    if (!rate) return []
    const divisor = greatestCommonDivisor(rate.nanoUsd, rate.per)
    return [`${kind}=${rate.nanoUsd / divisor}/${rate.per / divisor}`]
  })
  return createHash('sha256').update(spelling.join(';')).digest('hex').slice(0, 16)
}

function greatestCommonDivisor (a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}
