// Whom a list of provider names means: ids or display names, however they are written, or one variant of a provider.
//
// A backend at OpenRouter stands for providers that we do not hold: an entry that names none of a model's own backends
// is OpenRouter's to judge, so its backend counts as named by it, and the body goes there with the list as it came.

import { OPENROUTER } from './openrouter-names.ts'
import type { Row } from './roster.ts'

interface Entry {
  readonly place: number
  /** Undefined: every variant. */
  readonly variant: string | undefined
}

export class ProviderNames {
  readonly #byProvider = new Map<string, Entry[]>()
  readonly #length: number
  /** Where the backend at OpenRouter stands for somebody; undefined: every entry is about others. */
  readonly #foreignPlace: number | undefined

  /** `rows`: all backends of the model. */
  constructor (names: readonly string[], rows: readonly Row[]) {
    this.#length = names.length
    for (const [place, name] of names.entries()) this.#add(name, place)
    const own = new Set(rows.flatMap((row) => isAtOpenRouter(row) ? [] : this.#placesOf(row)))
    for (const { place } of this.#byProvider.get(OPENROUTER) ?? []) own.add(place)
    this.#foreignPlace = firstOutside(own, this.#length)
  }

  /** Index of the first entry that names the backend itself. */
  placeOf (row: Row): number | undefined {
    const places = this.#placesOf(row)
    return places.length === 0 ? undefined : Math.min(...places)
  }

  /** As `placeOf`; a backend at OpenRouter is also where an entry is about a provider that only OpenRouter may have. */
  reachOf (row: Row): number | undefined {
    const place = this.placeOf(row)
    if (!isAtOpenRouter(row) || this.#foreignPlace === undefined) return place
    return Math.min(place ?? Infinity, this.#foreignPlace)
  }

  #add (name: string, place: number): void {
    const slash = name.indexOf('/')
    const provider = lettersOf(slash < 0 ? name : name.slice(0, slash))
    const variant = slash < 0 ? undefined : lettersOf(name.slice(slash + 1))
    const entries = this.#byProvider.get(provider)
    if (entries) entries.push({ place, variant })
    else this.#byProvider.set(provider, [{ place, variant }])
  }

  #placesOf (row: Row): number[] {
    const variant = row.backend.facts?.variant
    const letters = variant === undefined ? undefined : lettersOf(variant)
    const isTier = row.serviceTier !== undefined // other terms: only who names them in full means them
    return namesOf(row)
      .flatMap((name) => this.#byProvider.get(name) ?? [])
      .filter((entry) => entry.variant === undefined ? !isTier : entry.variant === letters)
      .map(({ place }) => place)
  }
}

export function isAtOpenRouter ({ backend }: Row): boolean {
  return backend.provider === OPENROUTER
}

function namesOf ({ backend, provider }: Row): readonly string[] {
  const id = lettersOf(backend.provider)
  const shown = provider && lettersOf(provider.displayName)
  return shown === undefined || shown === id ? [id] : [id, shown]
}

/** `Moonshot AI`, `moonshot_ai` and `moonshotai` are one. */
export function lettersOf (name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '')
}

function firstOutside (known: ReadonlySet<number>, length: number): number | undefined {
  for (let place = 0; place < length; place++) if (!known.has(place)) return place
  return undefined
}
