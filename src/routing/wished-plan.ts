// The plan of a request that says more than a model's name: several models, providers by name, a suffix, a session.
//
// DESIGN. Each model is a choice: its backends are sifted and ordered by themselves and follow those of the choice
// before, unless the request wants all of them ordered together. A plan has six turns (exchange/turns.ts), so the
// backends of a model beyond its share of them come after the first ones of every other.

import type { ServiceTier } from '../catalog/backend-facts.ts'
import type { Measured } from '../catalog/measured.ts'
import type { SortMetric } from '../core/wishes.ts'
import { RankedCandidate, type Bounding } from './candidate.ts'
import { mayDiffer, preferCapable } from './capable.ts'
import { choicesOf, firstChoice, type Choice } from './choices.ts'
import type { Filters } from './filters.ts'
import type { Candidate, Exclusion, Plan, PlannedSession, PlannedTalk, PlanRequest } from './plan.ts'
import type { Policy } from './policies/policy.ts'
import { sortedBy } from './policies/sorted.ts'
import { isAtOpenRouter } from './provider-names.ts'
import { rank, type RankParts } from './rank.ts'
import type { Meant, Snapshot } from './resolve.ts'
import { rewriting } from './rewrites.ts'
import type { Row } from './roster.ts'
import { tierAmong, tierFilters, TIER_SORTS } from './service-tiers.ts'
import { sessionOf, type Sessions } from './sessions.ts'
import { sift, siftFitting, statesOf, type Sieve, type Sifted } from './sift.ts'
import type { Talks } from './talks.ts'
import { wishFilters } from './wish-filters.ts'
import { orderByWishes, withFirst } from './wish-order.ts'

export interface WishedParts {
  readonly filters: Filters
  readonly lots: RankParts
  readonly performance: Measured
  readonly sessions: Sessions
  readonly talks: Talks
  readonly snapshot: Snapshot
  readonly policyOf: (meant: Meant) => Policy
  readonly bounding: Bounding
  /** Entries of `models` at the most. */
  readonly mostModels: number
  /** How long a session stays where it was served, in ms. */
  readonly sessionMs: number
}

/** Turns that an exchange has: exchange/turns.ts. */
const MOST_TURNS = 6

/** As `Router.plan`. */
export function wishedPlan (request: PlanRequest, parts: WishedParts): Plan {
  const { wishes } = request.envelope
  const { snapshot } = parts
  const choices = wishes ? choicesOf(request, wishes, snapshot, parts.mostModels) : [firstChoice(request, snapshot)]
  const session = sessionOf(request, choices, parts.sessionMs)
  const sifted = siftChoices(request, choices, parts)
  const talk = session ? undefined : parts.talks.talkOf(request, choices[0] as Choice, snapshot.roster)
  const ordered = orderChoices(request, { choices, sifted, session, talk }, parts)
  return {
    requestedModel: request.envelope.model,
    ...(choices.length > 1 && { requestedModels: choices.map(({ asked }) => asked) }),
    policy: ordered.policy,
    candidates: candidatesOf(ordered.rows, request, { choices, sifted, bounding: parts.bounding }),
    excluded: [...sifted.excluded, ...ordered.excluded],
    catalogVersion: snapshot.catalog.version,
    session,
    talk
  }
}

interface SiftedChoices {
  readonly eligible: ReadonlyArray<readonly Row[]>
  readonly excluded: readonly Exclusion[]
  /** Each backend belongs to the first choice that has it. */
  readonly choiceOf: ReadonlyMap<Row, Choice>
}

function siftChoices (request: PlanRequest, choices: readonly Choice[], parts: WishedParts): SiftedChoices {
  const { snapshot } = parts
  const stateOf = statesOf(snapshot.credentials)
  const excluded: Exclusion[] = []
  const choiceOf = new Map<Row, Choice>()
  const known = new Set<string>()
  const eligible = choices.map((choice) => {
    const rows = choice.rows.filter(({ backend }) => !known.has(backend.id))
    const asked = Object.assign({}, request, { envelope: Object.assign({}, request.envelope, { model: choice.asked }) })
    const sifted = siftChoice(choice, rows, { request: asked, stateOf }, parts)
    for (const row of rows) {
      known.add(row.backend.id)
      choiceOf.set(row, choice)
    }
    excluded.push(...sifted.excluded)
    return sifted.eligible
  })
  return { eligible, excluded, choiceOf }
}

/** `rows`: those of the choice that no choice before has. */
function siftChoice (
  choice: Choice, rows: readonly Row[], sieve: Omit<Sieve, 'filters'>,
  { filters: { lasting, passing }, bounding }: WishedParts
): Sifted {
  const { envelope } = sieve.request
  const { suffix } = choice.meant
  const own = [
    ...lasting,
    ...wishFilters(envelope.wishes, choice.rows, { isOnline: suffix?.isOnline === true, clock: bounding.clock }),
    ...tierFilters(envelope.wishes, choice.rows, suffix)
  ]
  if (!mayDiffer(envelope, choice)) return siftFitting(rows, { ...sieve, filters: [...own, ...passing] })
  // Who is best is judged before who rests: a parameter is not left out because somebody is back in a moment.
  const lasted = siftFitting(rows, { ...sieve, filters: own })
  const capable = preferCapable(lasted.eligible, envelope.parameters ?? [])
  const ready = sift(capable.eligible, { ...sieve, filters: passing })
  return { eligible: ready.eligible, excluded: [...lasted.excluded, ...capable.excluded, ...ready.excluded] }
}

interface Chosen {
  readonly choices: readonly Choice[]
  readonly sifted: SiftedChoices
  readonly session: PlannedSession | undefined
  readonly talk: PlannedTalk | undefined
}

interface Ordered {
  readonly rows: readonly Row[]
  readonly policy: string
  readonly excluded: readonly Exclusion[]
}

function orderChoices (request: PlanRequest, { choices, sifted, session, talk }: Chosen, parts: WishedParts): Ordered {
  const order = (rows: readonly Row[], together: readonly Choice[]) =>
    orderRows(rows, { request, choices: together, session, talk }, parts)
  if (choices.length === 1 || request.envelope.wishes?.isPooled === true) return order(sifted.eligible.flat(), choices)
  const groups = choices.map((choice, at) => order(sifted.eligible[at] ?? [], [choice]))
  const share = Math.max(1, Math.floor(MOST_TURNS / choices.length))
  return {
    rows: [...groups.flatMap(({ rows }) => rows.slice(0, share)), ...groups.flatMap(({ rows }) => rows.slice(share))],
    policy: (groups.find(({ rows }) => rows.length > 0) ?? groups[0] as Ordered).policy,
    excluded: groups.flatMap(({ excluded }) => excluded)
  }
}

interface ToOrder {
  readonly request: PlanRequest
  /** Whose backends they are, at least one: several where they are pooled. */
  readonly choices: readonly Choice[]
  readonly session: PlannedSession | undefined
  readonly talk: PlannedTalk | undefined
}

function orderRows (rows: readonly Row[], toOrder: ToOrder, parts: WishedParts): Ordered {
  const { request, choices } = toOrder
  const [{ meant }] = choices as [Choice]
  const provider = request.envelope.wishes?.provider
  const metric: SortMetric | undefined = provider?.sort ?? meant.suffix?.sort
  const policy = metric ? sortedBy(metric, parts.performance) : parts.policyOf(meant)
  const ranked = rank(rows, request, policy, parts.lots)
  const tier = tierAmong(rows, request.envelope.wishes)
  if (tier) return tierFirst(tier, ranked, toOrder, parts)
  if (!provider) return pinned({ rows: ranked, policy: policy.name, excluded: [] }, toOrder, parts)
  const wished = orderByWishes(ranked, provider, choices.flatMap(({ rows }) => rows), parts.performance)
  if (provider.order) return { rows: wished, policy: 'order', excluded: [] }
  const ordered = pinned({ rows: wished, policy: policy.name, excluded: [] }, toOrder, parts)
  return provider.mayFallBack ? ordered : firstOf(ordered)
}

/** Backends of a tier in its order, then the others as they are; whoever has a session at one of the tier keeps it. */
function tierFirst (tier: ServiceTier, ranked: readonly Row[], toOrder: ToOrder, parts: WishedParts): Ordered {
  const { provider } = toOrder.request.envelope.wishes ?? {}
  const isOfTier = ({ serviceTier }: Row) => serviceTier === tier
  const policy = sortedBy(provider?.sort ?? TIER_SORTS[tier], parts.performance)
  const own = rank(ranked.filter(isOfTier), toOrder.request, policy, parts.lots)
  const { rows, policy: name } = pinned({ rows: own, policy: `tier:${tier}`, excluded: [] }, toOrder, parts)
  const ordered = { rows: [...rows, ...ranked.filter((row) => !isOfTier(row))], policy: name, excluded: [] }
  return provider?.mayFallBack === false ? firstOf(ordered) : ordered
}

/** The session's own backend in front, where it is among them. */
function pinned (ordered: Ordered, { choices, session, talk }: ToOrder, { sessions, talks }: WishedParts): Ordered {
  const [backendId] = session
    ? choices.flatMap(({ index }) => sessions.backendOf(session, index) ?? [])
    : [talk && talks.backendOf(talk)]
  const kept = backendId === undefined ? undefined : withFirst(ordered.rows, backendId)
  return kept ? { ...ordered, rows: kept, policy: `${ordered.policy}+session` } : ordered
}

function firstOf ({ rows, policy }: Ordered): Ordered {
  const excluded = rows.slice(1)
    .map(({ backend }): Exclusion => ({ backend, code: 'no_fallbacks', detail: backend.provider }))
  return { rows: rows.slice(0, 1), policy, excluded }
}

function candidatesOf (rows: readonly Row[], request: PlanRequest, { choices, sifted, bounding }: {
  readonly choices: readonly Choice[], readonly sifted: SiftedChoices, readonly bounding: Bounding
}): readonly Candidate[] {
  const rewritesFor = rewriting(request.envelope, choices)
  return rows.map((row) => {
    const choice = sifted.choiceOf.get(row) as Choice
    const { suffix } = choice.meant
    return new RankedCandidate(row, request, bounding, {
      choice: choices.length > 1 ? choice.index : undefined,
      rewrites: rewritesFor(row),
      askedAs: suffix && isAtOpenRouter(row) ? row.backend.modelId + suffix.text : undefined
    })
  })
}
