// plan(): resolve the name, filter, rank. Pure: everything it knows comes in as arguments.

import type { AutoModel } from '../catalog/auto-models.ts'
import type { Catalog, Model } from '../catalog/catalog.ts'
import { TASK_PATHS, type Task } from '../core/ask.ts'
import { GatewayError } from '../core/errors.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { Credentials, PoolState } from '../providers/credentials.ts'
import type { Providers } from '../providers/registry.ts'
import { RankedCandidate } from './candidate.ts'
import type { Filter, StateOf } from './filter.ts'
import { createFilters } from './filters.ts'
import type { Health } from './health.ts'
import type { Exclusion, Plan, PlanRequest } from './plan.ts'
import { best } from './policies/best.ts'
import { cheapest } from './policies/cheapest.ts'
import type { Policy } from './policies/policy.ts'
import { priority } from './policies/priority.ts'
import { rank } from './rank.ts'
import { resolve, type Meant, type Snapshot } from './resolve.ts'
import { createRoster, type Row } from './roster.ts'

export interface Router {
  /** @throws GatewayError `unknown_model` or `wrong_task`; a known model with no eligible backend is an empty plan. */
  plan (request: PlanRequest): Plan
}

export interface RouterParts {
  catalog (): Catalog
  providers (): Providers
  readonly credentials: Pick<Credentials, 'state'>
  readonly health: Pick<Health, 'restOf'>
  /** What `auto` means. */
  readonly strategy: 'cheapest' | 'best'
  /** For principals without a policy of their own. */
  readonly unknownPrice: UnknownPrice
}

const STRATEGIES = { cheapest, best }

export function createRouter (parts: RouterParts): Router {
  const filters = createFilters(parts)
  const policies: { readonly [name in AutoModel]: Policy } =
    { auto: STRATEGIES[parts.strategy], autocheapest: cheapest, autobest: best }
  const currentSnapshot = createSnapshots(parts)

  return {
    plan (request) {
      const snapshot = currentSnapshot()
      const meant = resolve(request.envelope.model, snapshot)
      const policy = meant.kind === 'auto' ? policies[meant.name] : priority
      const isAssuming = (request.principal.unknownPrice ?? parts.unknownPrice) === 'assume_ceiling'
      const assumed = isAssuming ? snapshot.roster.dearest() : undefined
      const sieve = { request, filters, stateOf: statesOf(parts.credentials) }
      const { eligible, excluded } = sift(rowsFor(meant, request.task, snapshot), sieve)
      return {
        requestedModel: request.envelope.model,
        policy: policy.name,
        candidates: rank(eligible, request, policy).map((row) => new RankedCandidate(row, request, assumed)),
        excluded,
        catalogVersion: snapshot.catalog.version
      }
    }
  }
}

/** Catalog and providers are swapped whole, so the roster lasts until one of them is another. */
function createSnapshots ({ catalog, providers, credentials }: RouterParts): () => Snapshot {
  const take = (): Snapshot => {
    const parts = { catalog: catalog(), providers: providers() }
    return { ...parts, credentials, roster: createRoster(parts.catalog, parts.providers) }
  }
  let snapshot = take()
  return () => {
    if (snapshot.catalog !== catalog() || snapshot.providers !== providers()) snapshot = take()
    return snapshot
  }
}

/** @throws GatewayError `wrong_task` for a model that was not configured for the endpoint. */
function rowsFor (meant: Meant, task: Task, { roster }: Snapshot): readonly Row[] {
  if (meant.kind === 'auto') return roster.serving(task)
  if (!meant.model.tasks.has(task)) throw wrongTask(meant.model, task)
  return roster.rowsOf(meant.model)
}

function wrongTask ({ name, tasks }: Model, task: Task): GatewayError {
  return new GatewayError('wrong_task', { model: name, path: `/v1${TASK_PATHS[task]}`, tasks: [...tasks].join(', ') })
}

interface Sifted {
  readonly eligible: readonly Row[]
  readonly excluded: readonly Exclusion[]
}

interface Sieve {
  readonly request: PlanRequest
  readonly filters: readonly Filter[]
  readonly stateOf: StateOf
}

function sift (rows: readonly Row[], sieve: Sieve): Sifted {
  const eligible: Row[] = []
  const excluded: Exclusion[] = []
  for (const row of rows) {
    const exclusion = exclusionOf(row, sieve)
    if (exclusion) excluded.push(exclusion)
    else eligible.push(row)
  }
  return { eligible, excluded }
}

function exclusionOf (row: Row, { request, filters, stateOf }: Sieve): Exclusion | undefined {
  for (const { code, excludes } of filters) {
    const refusal = excludes(row, request, stateOf)
    if (typeof refusal === 'string') return { backend: row.backend, code, detail: refusal }
    if (refusal) return { backend: row.backend, code, ...refusal }
  }
  return undefined
}

/** Asks each pool once: `auto` has hundreds of backends at a handful of providers. */
function statesOf (credentials: RouterParts['credentials']): StateOf {
  const states = new Map<string, PoolState>()
  return (provider) => {
    const known = states.get(provider)
    if (known) return known
    const state = credentials.state(provider)
    states.set(provider, state)
    return state
  }
}
