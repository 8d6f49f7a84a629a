// How things stand at this moment: breakers, credentials, ledger, retry budget, what runs. Read at a scrape only.

import { gauge, type Family, type Sample } from './family.ts'

export interface BackendState {
  readonly id: string
  readonly state: 'closed' | 'half_open' | 'open'
  /** In a row. */
  readonly failures: number
}

export interface StateParts {
  /** Backends of the catalog that were called; not those that clients make up. */
  backends (): readonly BackendState[]
  /** Providers that have a credential or need none, and whether one could be used now. */
  providers (): ReadonlyArray<{ readonly id: string, readonly isReady: boolean }>
  /** Exchanges that run. */
  running (): number
  isLedgerWritable (): boolean
  /** Claims of the retry budget since the start. */
  readonly retries: { readonly granted: number, readonly refused: number }
}

/** In Prometheus a state is a number. */
const STATE_NUMBERS: { readonly [state in BackendState['state']]: number } = { closed: 0, half_open: 1, open: 2 }

export function stateFamilies (parts: StateParts): readonly Family[] {
  return [
    gauge('aibroker_exchanges_running', 'Requests that are being served.', () => parts.running()),
    gauge('aibroker_ledger_writable', '1: the books can be written. 0: no request is served.',
      () => Number(parts.isLedgerWritable())),
    {
      name: 'aibroker_retries_total',
      help: 'Second tries at the same backend, by what the retry budget said.',
      type: 'counter',
      samples: () => Object.entries({ granted: parts.retries.granted, refused: parts.retries.refused })
        .map(([verdict, value]) => ({ labels: { verdict }, value }))
    },
    {
      name: 'aibroker_backend_state',
      help: 'Breaker of each backend that was called: 0 closed, 1 half open (one request at a time), 2 open (it rests).',
      type: 'gauge',
      samples: () => parts.backends().map((backend) => sampleOf(backend, STATE_NUMBERS[backend.state]))
    },
    {
      name: 'aibroker_backend_failures_in_a_row',
      help: 'Failures of each backend since its last answer.',
      type: 'gauge',
      samples: () => parts.backends().map((backend) => sampleOf(backend, backend.failures))
    },
    {
      name: 'aibroker_provider_ready',
      help: 'Credentials of each provider: 1 one can be used now, 0 all rest or were refused.',
      type: 'gauge',
      samples: () => parts.providers().map(({ id, isReady }) => ({ labels: { provider: id }, value: Number(isReady) }))
    }
  ]
}

function sampleOf ({ id }: BackendState, value: number): Sample {
  return { labels: { backend: id }, value }
}
