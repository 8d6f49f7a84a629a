// Priorities set live, put into the providers: plans read those and know nothing of where a number is from.

import type { Providers, ResolvedProvider } from './registry.ts'

/** The very providers, where none of them has a priority set live. */
export function withPriorities (providers: Providers, live: ReadonlyMap<string, number>): Providers {
  if (!providers.all().some(({ id }) => live.has(id))) return providers
  const all = providers.all().map((provider) => overruled(provider, live.get(provider.id)))
  const byId = new Map(all.map((provider) => [provider.id, provider]))
  return {
    get: (id) => byId.get(id),
    all: () => all
  }
}

function overruled (provider: ResolvedProvider, priority: number | undefined): ResolvedProvider {
  if (priority === undefined) return provider
  return Object.freeze({ ...provider, priority, overruled: { priority: provider.priority } })
}

export interface PriorityLayer {
  /** The same value for the same providers, until other priorities are set. */
  over (providers: Providers): Providers
  set (live: ReadonlyMap<string, number>): void
}

/** Lies over providers that are swapped whole. */
export function createPriorityLayer (): PriorityLayer {
  let live: ReadonlyMap<string, number> = new Map()
  let under: Providers | undefined
  let made: Providers
  return {
    over (providers) {
      if (providers === under) return made
      made = withPriorities(providers, live)
      under = providers
      return made
    },
    set (priorities) {
      live = priorities
      under = undefined
    }
  }
}
