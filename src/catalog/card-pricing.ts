// Prices as OpenRouter's model list spells them: decimal strings in USD per single token, image or request.

import type { Rate } from '../core/money.ts'
import type { UsageKind } from '../core/usage.ts'
import type { Model, Price } from './catalog.ts'

/** `prompt` and `completion` are always there. https://openrouter.ai/docs/overview/models */
export type CardPricing = { readonly prompt: string, readonly completion: string } & { readonly [key: string]: string }

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
/** After `prompt` and `completion`. The last two are ours: OpenRouter has no key for characters and minutes. */
const OPTIONAL: readonly PricingKey[] = [
  { key: 'request', kind: 'requests', units: 1n },
  { key: 'image_token', kind: 'image_input', units: 1n },
  { key: 'image_output', kind: 'images', units: 1n },
  { key: 'image_output', kind: 'image_output', units: 1n },
  { key: 'audio', kind: 'audio_input', units: 1n },
  { key: 'audio_output', kind: 'audio_output', units: 1n },
  { key: 'internal_reasoning', kind: 'reasoning', units: 1n },
  { key: 'input_cache_read', kind: 'cache_read', units: 1n },
  { key: 'input_cache_write', kind: 'cache_write', units: 1n },
  { key: 'input_cache_write_1h', kind: 'cache_write_1h', units: 1n },
  { key: 'character', kind: 'characters', units: 1n },
  { key: 'minute', kind: 'audio_ms', units: MINUTE_MS }
]

/** The prices of the first backend, by priority, that has any. */
export function pricingOf (model: Model): CardPricing {
  const price = model.backends.find(({ price }) => price !== undefined)?.price
  if (!price) return UNKNOWN_PRICING
  const pricing = { prompt: tokenPrice(model, price, 'input'), completion: tokenPrice(model, price, 'output') }
  const further = OPTIONAL.flatMap(({ key, kind, units }) => {
    const rate = price.rates[kind]
    return rate ? [[key, formatRate(rate, units)] as const] : []
  })
  return { ...pricing, ...Object.fromEntries(further) }
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
