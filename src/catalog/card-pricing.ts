// Prices as OpenRouter's model list spells them: decimal strings in USD per single token, image or request.

import type { Rate } from '../core/money.ts'
import type { UsageKind } from '../core/usage.ts'
import type { Model, Price, PriceHours, PriceTier, Rates } from './catalog.ts'
import { clockNumberOf } from './price-hours.ts'

/** `prompt` and `completion` are always there. https://openrouter.ai/docs/overview/models */
export interface CardPricing {
  readonly prompt: string
  readonly completion: string
  /** Other prices for longer prompts and parts of the day; absent: none. Of several that fit the last one counts. */
  readonly overrides?: readonly PricingOverride[]
  /** `request`, `image_token`, `input_cache_read` and their kind: present where the price has them. */
  readonly [key: string]: string | readonly PricingOverride[] | undefined
}

/**
 * For prompts of more tokens than `min_prompt_tokens`, and from `utc_start` up to `utc_end` (2230: half past ten in the
 * evening), where it has them; what it does not name stays as it is.
 */
export interface PricingOverride {
  readonly [key: string]: string | number
}

/** OpenRouter's spelling for "not known in advance"; its own router has it. Zero would say "free". */
const UNKNOWN = '-1'
export const UNKNOWN_PRICING: CardPricing = Object.freeze({ prompt: UNKNOWN, completion: UNKNOWN })

interface PricingKey {
  readonly key: string
  readonly kind: UsageKind
  /** How many of the kind's units the string is for. */
  readonly units: bigint
}

const MINUTE_MS = 60_000n
const TOKENS: readonly PricingKey[] = [
  { key: 'prompt', kind: 'input', units: 1n }, { key: 'completion', kind: 'output', units: 1n }
]
/** After `prompt` and `completion`. The last three are ours: OpenRouter has no key for them. */
const OPTIONAL: readonly PricingKey[] = [
  { key: 'request', kind: 'requests', units: 1n },
  { key: 'image_token', kind: 'image_input', units: 1n },
  { key: 'image_output', kind: 'images', units: 1n },
  { key: 'image_output', kind: 'image_output', units: 1n },
  { key: 'audio', kind: 'audio_input', units: 1n },
  { key: 'audio_output', kind: 'audio_output', units: 1n },
  { key: 'input_audio_cache', kind: 'cached_audio_input', units: 1n },
  { key: 'web_search', kind: 'searches', units: 1n },
  { key: 'internal_reasoning', kind: 'reasoning', units: 1n },
  { key: 'input_cache_read', kind: 'cache_read', units: 1n },
  { key: 'input_cache_write', kind: 'cache_write', units: 1n },
  { key: 'input_cache_write_1h', kind: 'cache_write_1h', units: 1n },
  { key: 'character', kind: 'characters', units: 1n },
  { key: 'minute', kind: 'audio_ms', units: MINUTE_MS },
  { key: 'search_unit', kind: 'search_units', units: 1n }
]

/** The prices of the first backend, by priority, that has any. */
export function pricingOf (model: Model): CardPricing {
  return priceOnCard(model, model.backends.find(({ price }) => price !== undefined)?.price)
}

/** `undefined`: not known, which is not zero. */
export function priceOnCard (model: Model, price: Price | undefined): CardPricing {
  if (!price) return UNKNOWN_PRICING
  const { rates, terms } = price
  const overrides = [...terms?.tiers.map(overrideOf) ?? [], ...terms?.hours?.map(overrideAt) ?? []]
  return {
    prompt: tokenPrice(model, price, 'input'),
    completion: tokenPrice(model, price, 'output'),
    ...spelt(rates, OPTIONAL),
    ...overrides.length > 0 && { overrides }
  }
}

function overrideOf ({ aboveInput, rates }: PriceTier): PricingOverride {
  return { min_prompt_tokens: aboveInput, ...spelt(rates, [...TOKENS, ...OPTIONAL]) }
}

function overrideAt ({ startMinute, endMinute, aboveInput, rates }: PriceHours): PricingOverride {
  return {
    ...aboveInput !== undefined && { min_prompt_tokens: aboveInput },
    utc_start: clockNumberOf(startMinute),
    utc_end: clockNumberOf(endMinute),
    ...spelt(rates, [...TOKENS, ...OPTIONAL])
  }
}

function spelt (rates: Rates, keys: readonly PricingKey[]): { readonly [key: string]: string } {
  return Object.fromEntries(keys.flatMap(({ key, kind, units }) => {
    const rate = rates[kind]
    return rate ? [[key, formatRate(rate, units)] as const] : []
  }))
}

/** A model for text bills tokens of both kinds, so a missing cost is unknown; others bill something else instead. */
function tokenPrice (model: Model, price: Price, kind: 'input' | 'output'): string {
  const rate = price.rates[kind]
  if (rate) return formatRate(rate, 1n)
  return model.tasks.has('chat') || model.tasks.has('completion') ? UNKNOWN : '0'
}

const NANO_PER_USD = 1_000_000_000n
/** Enough for a millionth of a nano-dollar; only a price per minute told per millisecond would go on for ever. */
const MOST_PLACES = 24

/** USD for `units` units, as a plain decimal without exponent: 2.5 per million is "0.0000025". */
export function formatRate ({ nanoUsd, per }: Rate, units: bigint): string {
  const divisor = per * NANO_PER_USD
  const whole = nanoUsd * units / divisor
  let rest = nanoUsd * units % divisor
  let places = ''
  while (rest > 0n && places.length < MOST_PLACES) {
    places += (rest * 10n / divisor).toString()
    rest = rest * 10n % divisor
  }
  return places === '' ? whole.toString() : `${whole}.${places}`
}
