// How every backend is that could be called, as `GET /health/backends` and `aibroker models --health` tell it.

import type { Backend, Catalog } from '../catalog/catalog.ts'
import type { PoolState } from '../providers/credentials.ts'
import type { BreakerState } from './breaker.ts'
import type { BackendHealth, Health } from './health.ts'

export interface HealthReportParts {
  catalog (): Catalog
  readonly health: Pick<Health, 'list'>
  readonly credentials: { state (provider: string): PoolState }
}

/** One row of the answer. Times are RFC 3339 UTC; null: never, or not known. */
export interface BackendRow {
  /** `<provider>:<model id>` */
  readonly backend: string
  readonly provider: string
  readonly model_id: string
  /** Public names it serves; empty: a client named it directly. */
  readonly models: readonly string[]
  /** `untried`: nothing was sent there since the start. */
  readonly state: BreakerState | 'untried'
  readonly failures_in_a_row: number
  /** 0: now. */
  readonly retry_in_ms: number
  readonly last_reason: string | null
  readonly last_failure_at: string | null
  readonly changed_at: string | null
  /** Of its provider. */
  readonly credentials: PoolState['kind']
}

const UNTRIED = {
  state: 'untried', failures_in_a_row: 0, retry_in_ms: 0, last_reason: null, last_failure_at: null, changed_at: null
} as const

interface Known {
  readonly backend: Pick<Backend, 'id' | 'provider' | 'modelId'>
  readonly models: readonly string[]
}

/** In the order of the catalog, then what clients named directly. Without a credential nothing could be called. */
export function healthReport ({ catalog, health, credentials }: HealthReportParts): BackendRow[] {
  const told = new Map(health.list().map((entry) => [entry.id, entry]))
  const known = knownIn(catalog())
  for (const id of told.keys()) if (!known.has(id)) known.set(id, { backend: backendOf(id), models: [] })
  return [...known.values()].flatMap(({ backend, models }) => {
    const entry = told.get(backend.id)
    const { kind } = credentials.state(backend.provider)
    return kind === 'none' && !entry ? [] : [rowOf({ backend, models }, entry, kind)]
  })
}

function knownIn (catalog: Catalog): Map<string, Known> {
  const known = new Map<string, Known>()
  for (const { name, backends } of catalog.models.values()) {
    for (const backend of backends) {
      known.set(backend.id, { backend, models: [...known.get(backend.id)?.models ?? [], name] })
    }
  }
  return known
}

function backendOf (id: string): Known['backend'] {
  const colon = id.indexOf(':')
  return { id, provider: id.slice(0, colon), modelId: id.slice(colon + 1) }
}

function rowOf ({ backend, models }: Known, entry: BackendHealth | undefined, kind: PoolState['kind']): BackendRow {
  return {
    backend: backend.id,
    provider: backend.provider,
    model_id: backend.modelId,
    models,
    ...breakerOf(entry),
    credentials: kind
  }
}

function breakerOf (entry: BackendHealth | undefined) {
  if (!entry) return UNTRIED
  return {
    state: entry.state,
    failures_in_a_row: entry.failures,
    retry_in_ms: Math.ceil(entry.retryInMs),
    last_reason: entry.lastReason ?? null,
    last_failure_at: timeOf(entry.lastFailureAtMs),
    changed_at: timeOf(entry.changedAtMs)
  }
}

function timeOf (wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : new Date(wallMs).toISOString()
}
