// Connects the tallies with what they hear, and the gauges with what they look at.

import { isAutoModel } from './catalog/auto-models.ts'
import type { Catalog } from './catalog/catalog.ts'
import type { ExchangeReport } from './exchange/report.ts'
import type { Ledger } from './ledger/ledger.ts'
import { createMetrics, type Metrics } from './metrics/exposition.ts'
import { stateFamilies } from './metrics/state-families.ts'
import { Tallies } from './metrics/tallies.ts'
import type { Credentials } from './providers/credentials.ts'
import type { Providers } from './providers/registry.ts'
import type { Health } from './routing/health.ts'
import type { RetryBudget } from './routing/retry-budget.ts'

export interface MetricParts {
  readonly tallies: Tallies
  catalog (): Catalog
  providers (): Providers
  readonly credentials: Pick<Credentials, 'state'>
  readonly health: Pick<Health, 'list'>
  readonly ledger: Pick<Ledger, 'outage'>
  readonly retryBudget: Pick<RetryBudget, 'granted' | 'refused'>
  readonly running: { readonly count: number }
}

export function createTallies (catalog: () => Catalog): Tallies {
  return new Tallies({
    modelNamed: (requested) => catalog().names.get(requested)?.name ?? (isAutoModel(requested) ? requested : undefined)
  })
}

/** The pools, with every attempt counted as its credential comes back: that happens once, whatever it came to. */
export function countAttempts (credentials: Credentials, tallies: Tallies): Credentials {
  return {
    state: (provider) => credentials.state(provider),
    take: (provider, except) => credentials.take(provider, except),
    giveBack (credential, outcome) {
      tallies.noteAttempt(credential.provider, outcome)
      credentials.giveBack(credential, outcome)
    },
    noteDeclined: (credential) => { credentials.noteDeclined(credential) }
  }
}

/** One report for the log and for the tallies. */
export function countExchanges (log: (report: ExchangeReport) => void, tallies: Tallies) {
  return (report: ExchangeReport): void => {
    tallies.noteExchange(report)
    log(report)
  }
}

export function openMetrics (parts: MetricParts): Metrics {
  const { tallies, catalog, providers, credentials, health, ledger, retryBudget, running } = parts
  const states = stateFamilies({
    backends () {
      const known = new Set([...catalog().models.values()].flatMap(({ backends }) => backends.map(({ id }) => id)))
      return health.list().filter(({ id }) => known.has(id))
    },
    providers: () => providers().all().flatMap(({ id }) => {
      const { kind } = credentials.state(id)
      return kind === 'none' ? [] : [{ id, isReady: kind === 'ready' }]
    }),
    running: () => running.count,
    isLedgerWritable: () => ledger.outage === undefined,
    retries: retryBudget
  })
  return createMetrics([...tallies.families, ...states], (code) => { tallies.noteRefusal(code) })
}
