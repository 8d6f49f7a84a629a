// OpenRouter's live list with what it needs of the rest: its address, its file in the home folder, prices to compare.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Price } from './catalog/catalog.ts'
import { readConfigText } from './catalog/config-file.ts'
import { LiveEndpoints } from './catalog/openrouter/endpoints.ts'
import { LiveList } from './catalog/openrouter/live-list.ts'
import { readCatalog } from './catalog/modelsconfig.ts'
import { packagedPath } from './catalog/packaged-prices.ts'
import type { Clock } from './core/clock.ts'
import { readFactor } from './core/money.ts'
import { sheetOf } from './metering/price-sheet.ts'
import { writePrivateFile } from './providers/private-file.ts'
import type { ResolvedProvider } from './providers/registry.ts'
import type { Settings } from './settings.ts'

export const FILE_NAME = 'openrouter-models.json'
/** As "aibroker prices update" without --factor. */
const FACTOR = readFactor('3')
const LARGEST_FILE_BYTES = 64 * 1024 * 1024

export interface LiveListSurroundings {
  readonly clock: Clock
  warn (sentence: string): void
  /** OpenRouter; undefined: there is no credential for it. */
  provider (): ResolvedProvider | undefined
  changed (): void
}

export interface LiveSources {
  readonly list: LiveList
  /** OpenRouter's own endpoints of what is on the list. */
  readonly endpoints: LiveEndpoints
}

/** Nothing is read before the list is opened, and nothing at all when the setting or a dry run says so. */
export function openLiveSources (settings: Settings, surroundings: LiveListSurroundings): LiveSources {
  const { clock, warn, provider, changed } = surroundings
  const path = join(settings.home, FILE_NAME)
  const isWanted = settings.openrouterCatalog !== 'off' && !settings.isDryRun
  const base = () => isWanted ? provider()?.url : undefined
  const list = new LiveList({
    clock,
    warn,
    changed,
    base,
    // Behind another address the packaged prices mean nothing.
    review: (base) => ({
      builtIn: base === provider()?.baseUrl ? packagedPrices() : new Map(),
      factor: FACTOR,
      ratesOf: (price) => sheetOf(price).rates
    }),
    load: () => textOf(path),
    save: (text) => { writePrivateFile(path, text) }
  })
  return { list, endpoints: new LiveEndpoints({ clock, base }) }
}

/** Undefined: there is none. @throws RangeError for one that cannot be ours. */
function textOf (path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return undefined
  if (stat.size > LARGEST_FILE_BYTES) throw new RangeError(`it is larger than ${LARGEST_FILE_BYTES} bytes`)
  return readFileSync(path, 'utf8')
}

/** Read when they are needed, once an hour: they need not stay in memory for that. */
function packagedPrices (): ReadonlyMap<string, Price> {
  const { text, changedAtS } = readConfigText(packagedPath, packagedPath)
  return readCatalog(text, packagedPath, changedAtS).catalog.prices
}
