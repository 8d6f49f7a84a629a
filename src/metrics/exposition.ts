// Families as text for Prometheus. The library is loaded at the first scrape: a start and a request know nothing of it.

import type { Metric } from 'prom-client'
import type { Family } from './family.ts'
import type { ProcessFamilies } from './process-families.ts'

export interface Metrics {
  /** The text format, version 0.0.4. */
  text (): Promise<string>
  readonly contentType: string
  /** A request was refused before it became an exchange; `code` of core/errors.ts. */
  noteRefusal (code: string): void
  close (): void
}

interface Opened {
  readonly registry: { metrics (): Promise<string> }
  readonly process: ProcessFamilies
}

/** Of prom-client's default registry, written out so that nothing has to be loaded to know it. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function createMetrics (families: readonly Family[], noteRefusal: Metrics['noteRefusal']): Metrics {
  let opened: Promise<Opened> | undefined
  return {
    contentType: CONTENT_TYPE,
    noteRefusal,
    async text () {
      opened ??= open(families)
      const { registry } = await opened
      return registry.metrics()
    },
    close () {
      opened?.then(({ process }) => { process.close() }, () => {}) // what failed to open has nothing to close
    }
  }
}

async function open (families: readonly Family[]): Promise<Opened> {
  const [{ Registry }, { openProcessFamilies }] =
    await Promise.all([import('prom-client'), import('./process-families.ts')])
  const registry = new Registry()
  const process = openProcessFamilies()
  for (const family of [...families, ...process.families]) registry.registerMetric(metricOf(family))
  return { registry, process }
}

/**
 * The registry asks a metric for its name and its values, nothing else. The library's own classes would keep a second
 * copy of every counter, and its histogram cannot be filled from sums.
 */
function metricOf (family: Family): Metric {
  const { name, help, type } = family
  const metric = { name, help, type, get: async () => ({ name, help, type, values: family.samples() }) }
  return metric as unknown as Metric
}
