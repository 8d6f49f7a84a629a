// The catalog in use: reads the file, watches it, and swaps the whole snapshot or nothing.

import type { Clock } from '../core/clock.ts'
import type { Catalog, Price } from './catalog.ts'
import { ConfigError } from './config-error.ts'
import { chooseConfigPath, nameOfPath, readConfigText, type FileText } from './config-file.ts'
import { watchFile } from './file-watch.ts'
import { withLive } from './openrouter/join.ts'
import type { Live } from './openrouter/live.ts'
import { readCatalog } from './modelsconfig.ts'
import { packagedPath, withListPrices, withNewerPrices } from './packaged-prices.ts'
import { createPriceSource } from './price-list-source.ts'

export interface CatalogStore {
  /** The file in use. */
  readonly path: string
  /** The snapshot in use; never changes under a caller's feet. */
  current (): Catalog
  /** Reads the file again. False: it is invalid; the old snapshot stays and the reason was logged once. */
  reload (): boolean
  /** Hears every swap. */
  onChange (listener: (catalog: Catalog) => void): void
  close (): void
}

export interface CatalogStoreParts {
  /** As given by the operator; undefined: `./modelsconfig.yml`, else the packaged one. */
  readonly path: string | undefined
  readonly clock: Clock
  /** Warnings about the file, and why a changed file was not taken. One sentence or several lines. */
  warn (sentence: string): void
  /** Where relative paths start; the working directory. */
  readonly folder?: string
  /** The packaged file, whose prices lie under the operator's own. */
  readonly packaged?: string
  /** The price list an operator keeps up to date, over the packaged prices; undefined: none. */
  readonly priceList?: string | undefined
  /** A provider's live list of models, under the file: the same value as long as it says the same; absent: none. */
  readonly live?: () => Live | undefined
  /** Whether `auto` may choose from the live list. */
  readonly hasLiveAuto?: boolean
}

/** What a catalog is made of; what changes it. */
interface Source {
  readonly file: FileText
  /** The operator's price list. */
  readonly keptPrices: ReadonlyMap<string, Price>
  readonly live: Live | undefined
}

interface ReaderParts {
  /** How messages call the file. */
  readonly name: string
  /** The packaged prices, under all others; undefined: they are those of the file itself. */
  readonly builtIn: ReadonlyMap<string, Price> | undefined
  readonly hasLiveAuto: boolean
  warn (sentence: string): void
}

/** Opens the catalog. @throws ConfigError when the file is missing or wrong. */
export function openCatalogStore (parts: CatalogStoreParts): CatalogStore {
  const { clock, warn, folder = process.cwd(), packaged = packagedPath, live, hasLiveAuto = false } = parts
  const path = chooseConfigPath(parts.path, folder, packaged)
  const name = nameOfPath(path, folder)
  const listeners: Array<(catalog: Catalog) => void> = []
  const builtIn = path === packaged ? undefined : readPackagedPrices(packaged, warn)
  const keptPrices = createPriceSource(parts.priceList, warn)
  const find = (): Source => ({ file: readConfigText(path, name), keptPrices: keptPrices(), live: live?.() })
  const read = createReader({ name, builtIn, hasLiveAuto, warn })
  // Watched before it is read: a change in between is seen as one.
  const unwatch = watchFile({ path, clock, changed: () => { reload() } })
  let taken: Source
  let current: Catalog
  let refused: string | undefined
  try {
    taken = find()
    current = read(taken)
  } catch (error) {
    unwatch()
    throw error
  }

  function reload (): boolean {
    let found: Source | undefined
    let isSwapped = false
    try {
      found = find()
      if (found.file.text === refused) return false
      isSwapped = isOther(found, taken)
      if (isSwapped) current = read(found)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return refuse(found?.file.text ?? error.message, error.message)
    }
    taken = found
    refused = undefined
    if (isSwapped) for (const listener of listeners) listener(current)
    return true
  }

  /** Said once for each content, or for each reason why there is none. */
  function refuse (content: string, reason: string): false {
    if (content !== refused) warn(`the catalog stays as it is, because the file cannot be used:\n${reason}`)
    refused = content
    return false
  }

  return {
    path,
    current: () => current,
    reload,
    onChange: (listener) => { listeners.push(listener) },
    close: unwatch
  }
}

/** The text of a file to the catalog in use: warnings said, list prices under the file's own. */
function createReader ({ name, builtIn, hasLiveAuto, warn }: ReaderParts): (source: Source) => Catalog {
  return ({ file: { text, changedAtS }, keptPrices, live }) => {
    const { catalog, warnings } = readCatalog(text, name, changedAtS)
    for (const warning of warnings) warn(warning)
    // Prices of the live list lie between the packaged ones and those the operator keeps.
    const livePrices = new Map([...live?.prices.prices ?? []].map(([id, { price }]) => [id, price]))
    const told = builtIn ? catalog : withNewerPrices(catalog, keptPrices)
    const priced = withListPrices(told, new Map([...builtIn ?? [], ...livePrices, ...keptPrices]))
    return withLive(priced, live, { hasAuto: hasLiveAuto })
  }
}

function isOther (found: Source, taken: Source): boolean {
  return found.file.text !== taken.file.text || found.keptPrices !== taken.keptPrices || found.live !== taken.live
}

/** A broken packaged file costs the list prices, not the start: the operator's own file is what counts. */
function readPackagedPrices (packaged: string, warn: (sentence: string) => void): ReadonlyMap<string, Price> {
  try {
    const { text, changedAtS } = readConfigText(packaged, packaged)
    return readCatalog(text, packaged, changedAtS).catalog.prices
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    warn(`no built-in price list:\n${error.message}`)
    return new Map()
  }
}
