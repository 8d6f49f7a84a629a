// models.dev's `cost` (USD for a million tokens, as numbers) to the costs of a backend. https://models.dev/api.json

import { asObject, type JsonObject, type JsonValue } from '../core/json.ts'

const KEYS: { readonly [member: string]: string } = {
  input: 'input_cost',
  output: 'output_cost',
  reasoning: 'reasoning_cost',
  cache_read: 'cached_input_cost',
  cache_write: 'cache_write_cost',
  input_audio: 'audio_input_cost',
  output_audio: 'audio_output_cost'
}
/** A zero of another member means that nobody filled it in. */
const MEANS_ZERO = ['input', 'output']
const LONG_INPUT = 200_000

/** Ids of models.dev that differ from ours. */
export const PROVIDER_NAMES: { readonly [theirs: string]: string } = { togetherai: 'together', 'fireworks-ai': 'fireworks' }

/** Undefined: it has members whose meaning is not known here, and a price without them would be too low. */
export function costsOfCost (cost: JsonObject): JsonObject | undefined {
  const { context_over_200k: long, ...base } = cost
  const costs = costsIn(base)
  if (!costs || long === undefined) return costs
  const tier = asObject(long)
  const rates = tier && costsIn(tier)
  return rates && { ...costs, tiers: [{ above_input: LONG_INPUT, ...rates }] }
}

function costsIn (members: JsonObject): JsonObject | undefined {
  const costs: { [key: string]: JsonValue } = {}
  for (const [member, told] of Object.entries(members)) {
    const key = Object.hasOwn(KEYS, member) ? KEYS[member] : undefined
    if (told === null || (told === 0 && !MEANS_ZERO.includes(member))) continue
    if (key === undefined || told === undefined) return undefined
    costs[key] = typeof told === 'number' ? String(told) : told
  }
  return costs
}
