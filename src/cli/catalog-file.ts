// The catalog as the broker would read it, once, for a command.

import { join } from 'node:path'
import { CommandFailure } from './failure.ts'
import { plain } from './plain-text.ts'
import { systemClock } from '../core/clock.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Terminal } from './terminal.ts'

export interface CatalogFile {
  readonly path: string
  readonly catalog: Catalog
}

/**
 * @param path as given by --config or MODELS_CONFIG_PATH.
 * @param home whose price list counts as well; absent: no list but the packaged one.
 * @throws CommandFailure naming file, line and path.
 */
export async function readCatalogFile (
  path: string | undefined, terminal: Terminal, home?: string
): Promise<CatalogFile> {
  const { openCatalogStore } = await import('../catalog/store.ts')
  const { FILE_NAME } = await import('../catalog/price-list-file.ts')
  const { ConfigError } = await import('../catalog/config-error.ts')
  try {
    const store = openCatalogStore({
      path: path ?? terminal.env['MODELS_CONFIG_PATH'],
      clock: systemClock,
      priceList: home === undefined ? undefined : join(home, FILE_NAME),
      warn: (sentence) => { terminal.note(`aibroker: ${plain(sentence)}`) }
    })
    store.close()
    return { path: store.path, catalog: store.current() }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandFailure('wrong_usage', error.mistakes.map(plain).join('\n'), error)
  }
}
