// The price list of a home, for commands: read whole, written whole.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings } from '../settings.ts'
import { CommandFailure } from './failure.ts'
import { plain } from './plain-text.ts'
import type { Command } from 'commander'
import type { Price } from '../catalog/catalog.ts'
import type { PriceList } from '../catalog/price-list.ts'
import type { JsonFlag } from './command.ts'
import type { Terminal } from './terminal.ts'

export interface PricesFlags extends JsonFlag {
  readonly home?: string
}

export const HOW_TO_USE = 'A running broker uses it after SIGHUP or its next start.'

export function pricesOptions (command: Command): Command {
  return command.option('--home <folder>', 'where the broker keeps its files (AIBROKER_HOME, ~/.aibroker)')
}

export interface PricesFile {
  readonly path: string
  readonly list: PriceList
  write (list: PriceList): void
}

/** @throws CommandFailure when the file is there and cannot be used. */
export async function openPricesFile (flags: PricesFlags, terminal: Terminal): Promise<PricesFile> {
  const { FILE_NAME, priceListText, readPriceList } = await import('../catalog/price-list-file.ts')
  const { EMPTY_LIST } = await import('../catalog/price-list.ts')
  const { writePrivateFile } = await import('../providers/private-file.ts')
  const { home } = readSettings(flags.home === undefined ? {} : { home: flags.home }, terminal.env)
  const path = join(home, FILE_NAME)
  const text = textOf(path)
  try {
    const list = text === undefined ? EMPTY_LIST : readPriceList(text)
    return { path, list, write: (list) => { writePrivateFile(path, priceListText(list)) } }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CommandFailure('failed', `${plain(path)} cannot be used: ${plain(error.message)}`, error)
  }
}

/** The prices the package came with. */
export async function packagedPrices (): Promise<ReadonlyMap<string, Price>> {
  const { packagedPath } = await import('../catalog/packaged-prices.ts')
  const { readConfigText } = await import('../catalog/config-file.ts')
  const { readCatalog } = await import('../catalog/modelsconfig.ts')
  const { text, changedAtS } = readConfigText(packagedPath, packagedPath)
  return readCatalog(text, packagedPath, changedAtS).catalog.prices
}

/** Undefined: there is none. */
function textOf (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
