// What of a request leaves otherwise towards OpenRouter, where the body as it came would mean something else there.

import type { JsonObject, JsonValue } from '../core/json.ts'
import type { RoutingWishes } from '../core/wishes.ts'
import type { Choice } from './choices.ts'
import { OPENROUTER } from './openrouter-names.ts'
import { lettersOf } from './provider-names.ts'

const LISTS = ['order', 'only', 'ignore']

/** Members by name, as JSON text, or undefined to leave one out. Undefined: the body goes as it came. */
export function rewritesForOpenRouter (
  { models, provider }: RoutingWishes, choices: readonly Choice[]
): ReadonlyMap<string, string | undefined> | undefined {
  const rewrites = new Map<string, string | undefined>()
  if (models.length > 0 && !choices.every(isKnownThere)) {
    rewrites.set('models', undefined) // it would refuse the whole request for a name that only we know
    rewrites.set('route', undefined)
  }
  const told = provider && withoutOpenRouter(provider.told)
  if (told) rewrites.set('provider', JSON.stringify(told))
  return rewrites.size > 0 ? rewrites : undefined
}

/** Whether OpenRouter knows the model by the name that the client wrote. */
function isKnownThere ({ asked, rows }: Choice): boolean {
  return rows.some(({ backend }) => backend.provider === OPENROUTER && asked.startsWith(backend.modelId))
}

/** It is no provider of its own: `only: ["openrouter"]` chooses it, and then says nothing. Undefined: no such entry. */
function withoutOpenRouter (told: JsonObject): JsonObject | undefined {
  const changed = LISTS.filter((name) => (told[name] as JsonValue[] | undefined)?.some(isOpenRouter))
  if (changed.length === 0) return undefined
  const kept = changed.map((name) => [name, (told[name] as JsonValue[]).filter((entry) => !isOpenRouter(entry))])
  return { ...told, ...Object.fromEntries(kept) as JsonObject }
}

function isOpenRouter (entry: JsonValue): boolean {
  return typeof entry === 'string' && lettersOf(entry) === OPENROUTER
}
