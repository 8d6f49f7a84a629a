// The catalog in use: reads the file, watches it, and swaps the whole snapshot or nothing.

import type { Catalog } from './catalog.ts'

export interface CatalogStore {
  /** The snapshot in use; never changes under a caller's feet. */
  current (): Catalog
  /** Reads the file again. False: it is invalid; the old snapshot stays and the reason was logged once. */
  reload (): boolean
  /** Hears every swap. */
  onChange (listener: (catalog: Catalog) => void): void
  close (): void
}
