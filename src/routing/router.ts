// plan(): resolve the name, filter, rank. It reads the state of the world through its parts, and changes none of it.

import type { AutoModel } from '../catalog/auto-models.ts'
import type { Measured } from '../catalog/measured.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Clock } from '../core/clock.ts'
import type { Deadlines } from '../core/deadlines.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { Credentials } from '../providers/credentials.ts'
import type { Providers } from '../providers/registry.ts'
import { mayDiffer } from './capable.ts'
import { RankedCandidate } from './candidate.ts'
import { firstChoice, type Choice } from './choices.ts'
import { createFilters } from './filters.ts'
import type { Health } from './health.ts'
import { createLatest } from './latest.ts'
import type { Candidate, Plan, PlanRequest } from './plan.ts'
import { best } from './policies/best.ts'
import { cheapest } from './policies/cheapest.ts'
import type { Policy } from './policies/policy.ts'
import { priority } from './policies/priority.ts'
import { rank } from './rank.ts'
import type { Meant, Snapshot } from './resolve.ts'
import { createRoster } from './roster.ts'
import { plainTiers } from './service-tiers.ts'
import { Sessions } from './sessions.ts'
import { siftFitting, statesOf } from './sift.ts'
import { mayGoBack, Talks } from './talks.ts'
import { wishedPlan } from './wished-plan.ts'

export interface Router {
  /**
   * A known model with no eligible backend is an empty plan.
   * @throws GatewayError `unknown_model`, `wrong_task`, or `invalid_body` for too many models.
   */
  plan (request: PlanRequest): Plan
  /** A candidate of the plan has answered: the session of the request stays there. */
  served (plan: Plan, candidate: Candidate): void
  /** It told that a part of the prompt came from its cache: so would the next one of the same talk. */
  cached (plan: Plan, candidate: Candidate): void
}

export interface RouterParts {
  catalog (): Catalog
  providers (): Providers
  readonly credentials: Pick<Credentials, 'state'>
  readonly health: Pick<Health, 'restOf' | 'hasJustFailed'>
  readonly performance: Measured
  readonly clock: Pick<Clock, 'monotonicMs' | 'nowMs'>
  /** How long an exchange may run, which is how long a price may have changed until its end. */
  readonly deadlines: Deadlines
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** What `auto` means. */
  readonly strategy: 'cheapest' | 'best'
  /** For principals without a policy of their own. */
  readonly unknownPrice: UnknownPrice
  /** Entries of `models` at the most. */
  readonly mostModels: number
  /** How long a session stays at a backend without another request, in ms; 0: not at all. */
  readonly sessionMs: number
}

const STRATEGIES = { cheapest, best }

export function createRouter (parts: RouterParts): Router {
  const { performance, mostModels, sessionMs } = parts
  const filters = createFilters(parts)
  const plainFilters = [...filters.lasting, plainTiers, ...filters.passing]
  const lots = { health: parts.health, random: parts.random, clock: parts.clock }
  const times = { clock: parts.clock, deadlines: parts.deadlines }
  const usual = { ...times, assumed: undefined }
  const sessions = new Sessions(parts.clock)
  const talks = new Talks(parts.clock, sessionMs)
  const policies: { readonly [name in AutoModel]: Policy } =
    { auto: STRATEGIES[parts.strategy], autocheapest: cheapest, autobest: best }
  const policyOf = (meant: Meant) => meant.kind === 'auto' ? policies[meant.name] : priority
  const currentSnapshot = createSnapshots(parts)
  const isAssuming = ({ principal }: PlanRequest) => (principal.unknownPrice ?? parts.unknownPrice) === 'assume_ceiling'

  return {
    plan (request) {
      const snapshot = currentSnapshot()
      const bounding = isAssuming(request) ? { ...times, assumed: snapshot.roster.dearest() } : usual
      const wished = () => wishedPlan(
        request, { filters, lots, performance, sessions, talks, snapshot, policyOf, bounding, mostModels, sessionMs })
      if (request.envelope.wishes || request.session !== undefined) return wished()
      const choice = firstChoice(request, snapshot)
      if (choice.meant.suffix || isTierNamed(choice) || mayDiffer(request.envelope, choice)) return wished()
      const talk = talks.talkOf(request, choice, snapshot.roster)
      if (talk && mayGoBack(talk)) return wished()
      const policy = policyOf(choice.meant)
      const sieve = { request, filters: plainFilters, stateOf: statesOf(parts.credentials) }
      const { eligible, excluded } = siftFitting(choice.rows, sieve)
      return {
        requestedModel: request.envelope.model,
        policy: policy.name,
        candidates: rank(eligible, request, policy, lots).map((row) => new RankedCandidate(row, request, bounding)),
        excluded,
        catalogVersion: snapshot.catalog.version,
        talk
      }
    },
    served (plan, candidate) {
      const { session, talk } = plan
      const { choice = 0, backend } = candidate
      if (session) sessions.pin(session, choice, backend.id)
      else if (talk && choice === 0) talks.served(talk, plan, candidate)
    },
    cached ({ talk }, candidate) {
      if (talk && (candidate.choice ?? 0) === 0) talks.cached(talk, candidate)
    }
  }
}

/** It has to be told its tier. */
function isTierNamed ({ rows }: Choice): boolean {
  return rows.length === 1 && rows[0]?.serviceTier !== undefined
}

/** Catalog and providers are swapped whole, so the roster lasts until one of them is another. */
function createSnapshots ({ catalog, providers, credentials }: RouterParts): () => Snapshot {
  const take = (): Snapshot => {
    const parts = { catalog: catalog(), providers: providers() }
    const roster = createRoster(parts.catalog, parts.providers)
    return { ...parts, credentials, roster, latest: createLatest(parts.catalog) }
  }
  let snapshot = take()
  return () => {
    if (snapshot.catalog !== catalog() || snapshot.providers !== providers()) snapshot = take()
    return snapshot
  }
}
