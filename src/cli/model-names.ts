// Names of models that a key or a budget is given: one that no model has would limit nobody, or shut everybody out.

import type { Catalog } from '../catalog/catalog.ts'
import { plain } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

/**
 * Notes each name that nothing in the catalog file answers to, with the nearest one. Patterns and names with a provider
 * are not judged: what they stand for need not be in the file. A file that cannot be read is the broker's to tell.
 */
export async function noteUnknownModels (names: readonly string[], terminal: Terminal): Promise<void> {
  const judged = names.filter((name) => !/[*/]/.test(name))
  const catalog = judged.length === 0 ? undefined : await catalogOf(terminal)
  if (!catalog) return
  const { nearestNames } = await import('../catalog/nearest.ts')
  const { isAutoModel } = await import('../catalog/auto-models.ts')
  for (const name of judged) {
    if (catalog.names.has(name) || isAutoModel(name)) continue
    const [near] = nearestNames(name, catalog.names.keys(), 1)
    const hint = near === undefined ? 'see "aibroker models"' : `did you mean ${near}?`
    terminal.note(plain(`aibroker: no model of modelsconfig.yml is called ${name}; ${hint}`))
  }
}

async function catalogOf (terminal: Terminal): Promise<Catalog | undefined> {
  const { readCatalogFile } = await import('./catalog-file.ts')
  try {
    return (await readCatalogFile(undefined, { ...terminal, note () {} })).catalog
  } catch {
    return undefined
  }
}
