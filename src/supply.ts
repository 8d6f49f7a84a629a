// What can be asked for now: catalog, providers and their credentials, swapped together on reload or not at all.

import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Catalog } from './catalog/catalog.ts'
import { FILE_NAME } from './catalog/price-list-file.ts'
import { openCatalogStore } from './catalog/store.ts'
import type { Clock } from './core/clock.ts'
import { builtin } from './providers/builtin.ts'
import { createCredentials, type Credentials } from './providers/credentials.ts'
import { createKeyFile } from './providers/key-file.ts'
import { createProviders, type Providers } from './providers/registry.ts'
import { createSecrets } from './providers/secrets.ts'
import type { Settings } from './settings.ts'

export interface Supply {
  catalog (): Catalog
  providers (): Providers
  readonly credentials: Credentials
  /** True when some provider could really be called. */
  hasAny (): boolean
  hasKey (provider: string): boolean
  /** Reads modelsconfig.yml and the key file again; false: the old supply stays and the reason was logged. */
  reload (): boolean
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
  const priceList = join(settings.home, FILE_NAME)
  const store = openCatalogStore({ path: settings.configPath, clock, warn, priceList })
  const resolve = (catalog: Catalog): Snapshot =>
    ({ catalog, providers: createProviders({ builtin, catalogProviders: catalog.providers, env, keyFile }) })

  let snapshot = resolve(store.current())
  const pools = createCredentials({ providers: snapshot.providers, secretsOf: createSecrets({ env, keyFile }), clock })

  const swap = (catalog: Catalog): boolean => {
    try {
      const next = resolve(catalog)
      pools.refresh(next.providers)
      snapshot = next
      log.info({ models: catalog.models.size, version: catalog.version }, 'catalog loaded')
      return true
    } catch (error) {
      log.warn(`the providers of the new catalog cannot be used, the old catalog stays: ${(error as Error).message}`)
      return false
    }
  }
  store.onChange(swap)

  return {
    catalog: () => snapshot.catalog,
    providers: () => snapshot.providers,
    credentials: pools,
    hasAny: () => snapshot.providers.all().some(({ id }) => pools.state(id).kind !== 'none'),
    hasKey: (provider) => pools.state(provider).kind !== 'none',
    reload: () => store.reload() && swap(store.current()),
    close: () => { store.close() }
  }
}
