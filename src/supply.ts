// What can be asked for now: catalog, providers and their credentials, swapped together on reload or not at all.

import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Catalog } from './catalog/catalog.ts'
import { countOf } from './catalog/model-card.ts'
import { FILE_NAME } from './catalog/price-list-file.ts'
import type { LiveEndpoints } from './catalog/openrouter/endpoints.ts'
import { PROVIDER as OPENROUTER } from './catalog/openrouter/live.ts'
import { openCatalogStore } from './catalog/store.ts'
import type { Clock } from './core/clock.ts'
import { nearestNames } from './catalog/nearest.ts'
import { openLiveSources } from './open-live-list.ts'
import { builtin } from './providers/builtin.ts'
import { createCredentials, type Credentials } from './providers/credentials.ts'
import { createKeyFile } from './providers/key-file.ts'
import { createPriorityLayer } from './providers/live-priorities.ts'
import { createProviders, type Providers, type ResolvedProvider } from './providers/registry.ts'
import { createSecrets } from './providers/secrets.ts'
import type { Settings } from './settings.ts'

export interface Supply {
  catalog (): Catalog
  providers (): Providers
  readonly credentials: Credentials
  readonly liveEndpoints: Pick<LiveEndpoints, 'of'>
  /** True when some provider could really be called. */
  hasAny (): boolean
  hasKey (provider: string): boolean
  /** Reads modelsconfig.yml and the key file again; false: the old supply stays and the reason was logged. */
  reload (): boolean
  /** Priorities by provider, over those of the file: of this supply, and of each that follows. */
  prioritise (live: ReadonlyMap<string, number>): void
  close (): void
}

interface Snapshot {
  readonly catalog: Catalog
  readonly providers: Providers
}

/** @throws ConfigError or SettingsError when the first supply cannot be read. */
export function openSupply (settings: Settings, { clock, log }: { clock: Clock, log: Logger }): Supply {
  const { env } = settings
  const keyFile = createKeyFile(settings.home)
  const warn = (sentence: string) => { log.warn(sentence) }
  const openrouter = () => pools.state(OPENROUTER).kind === 'none' ? undefined : snapshot.providers.get(OPENROUTER)
  const { store, live } = openSources(settings, { clock, warn, openrouter })
  const resolve = (catalog: Catalog): Snapshot =>
    ({ catalog, providers: createProviders({ builtin, catalogProviders: catalog.providers, env, keyFile }) })
  const layer = createPriorityLayer()

  let snapshot = resolve(store.current())
  for (const sentence of misspelt(snapshot)) warn(sentence)
  const pools = createCredentials({ providers: snapshot.providers, secretsOf: createSecrets({ env, keyFile }), clock })

  const swap = (catalog: Catalog): boolean => {
    try {
      const next = resolve(catalog)
      pools.refresh(next.providers)
      snapshot = next
      for (const sentence of misspelt(next)) warn(sentence)
      log.info({ models: countOf(catalog), version: catalog.version }, 'catalog loaded')
      return true
    } catch (error) {
      log.warn(`the providers of the new catalog cannot be used, the old catalog stays: ${(error as Error).message}`)
      return false
    }
  }
  store.onChange(swap)
  live.list.open()

  return {
    catalog: () => snapshot.catalog,
    providers: () => layer.over(snapshot.providers),
    credentials: pools,
    liveEndpoints: live.endpoints,
    hasAny: () => snapshot.providers.all().some(({ id }) => pools.state(id).kind !== 'none'),
    hasKey: (provider) => pools.state(provider).kind !== 'none',
    reload () {
      const isTaken = store.reload() && swap(store.current())
      live.list.wake()
      return isTaken
    },
    prioritise: layer.set,
    close () {
      live.list.close()
      live.endpoints.close()
      store.close()
    }
  }
}

interface SourceParts {
  readonly clock: Clock
  warn (sentence: string): void
  /** Undefined: it has no credential. Not asked before the live list is opened. */
  openrouter (): ResolvedProvider | undefined
}

/** What a catalog is made of: the file, the price lists, and OpenRouter's live list, once that is opened. */
function openSources (settings: Settings, { clock, warn, openrouter }: SourceParts) {
  const live = openLiveSources(settings, { clock, warn, provider: openrouter, changed: () => { store.reload() } })
  const store = openCatalogStore({
    path: settings.configPath,
    clock,
    warn,
    priceList: join(settings.home, FILE_NAME),
    live: () => live.list.current(),
    hasLiveAuto: settings.openrouterCatalog === 'auto'
  })
  return { store, live }
}

/** Backends at providers nobody knows are never asked: most likely the name is wrong. */
function misspelt ({ catalog, providers }: Snapshot): string[] {
  const backends = [...catalog.models.values()].flatMap(({ backends }) => backends)
  const named = new Set(backends.map(({ provider }) => provider))
  const known = providers.all().map(({ id }) => id)
  return [...named].filter((name) => !providers.get(name)).map((name) => {
    const [near] = nearestNames(name, known, 1)
    const hint = near === undefined ? 'describe it under providers' : `did you mean "${near}"?`
    return `modelsconfig.yml names the provider "${name}", which nobody knows: its backends are never asked; ${hint}`
  })
}
