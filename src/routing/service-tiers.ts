// Service tiers: backends that serve a model on other terms, cheaper and slower (`flex`) or dearer and faster
// (`priority`). Who does not ask for them never gets them. https://openrouter.ai/docs/guides/features/service-tiers
//
// `service_tier: flex` is served by flex backends alone, `priority` by such ones first; a model that has none is served
// as ever, and the member goes out as it came. `:floor` and `:nitro` let them in among the others, `provider.only` and
// `order` let in whom they name in full. `provider.order` is the whole order: with it `service_tier` chooses nobody.

import type { ServiceTier } from '../catalog/backend-facts.ts'
import type { RoutingWishes, SortMetric } from '../core/wishes.ts'
import type { Filter } from './filter.ts'
import { isAtOpenRouter, ProviderNames } from './provider-names.ts'
import type { Row } from './roster.ts'
import type { Suffix } from './suffix.ts'

/** For requests that say nothing about it. */
export const plainTiers: Filter = {
  code: 'tier_not_asked',
  excludes: (row, { envelope }) => isNamed(row, envelope.model) ? undefined : row.serviceTier
}

const ADMITTED_BY: { readonly [metric in SortMetric]?: ServiceTier } = { price: 'flex', throughput: 'priority' }
/** How the backends of a tier that is asked for are ordered. */
export const TIER_SORTS: { readonly [tier in ServiceTier]: SortMetric } = { flex: 'price', priority: 'throughput' }

/** The tier that a request chooses backends by. */
export function tierAskedBy (wishes: RoutingWishes | undefined): ServiceTier | undefined {
  if (!wishes || wishes.provider?.order) return undefined
  return wishes.serviceTier === 'fast' ? 'priority' : wishes.serviceTier
}

/** The same, where one of the backends serves it. */
export function tierAmong (rows: readonly Row[], wishes: RoutingWishes | undefined): ServiceTier | undefined {
  const asked = tierAskedBy(wishes)
  return asked && rows.some(({ serviceTier }) => serviceTier === asked) ? asked : undefined
}

/** `rows`: all backends of the model that is chosen from. */
export function tierFilters (
  wishes: RoutingWishes | undefined, rows: readonly Row[], suffix: Suffix | undefined
): readonly Filter[] {
  if (!rows.some(({ serviceTier }) => serviceTier !== undefined)) return []
  const asked = tierAskedBy(wishes)
  const { order, only } = wishes?.provider ?? {}
  const bySuffix = order || !suffix?.sort ? undefined : ADMITTED_BY[suffix.sort]
  const named = new ProviderNames([...order ?? [], ...only ?? []], rows)
  const isAdmitted = (row: Row) =>
    row.serviceTier === asked || row.serviceTier === bySuffix || named.placeOf(row) !== undefined
  const admitted: Filter = {
    code: 'tier_not_asked',
    excludes: (row, request) => isAdmitted(row) ? undefined : plainTiers.excludes(row, request, NO_STATE)
  }
  return asked === 'flex' ? [admitted, notOf('flex', rows)] : [admitted]
}

const NO_STATE = () => ({ kind: 'none' as const })

function notOf (tier: ServiceTier, rows: readonly Row[]): Filter {
  const having = modelsWith(tier, rows)
  return {
    code: 'other_tier',
    excludes: (row) =>
      row.serviceTier === tier || isAtOpenRouter(row) || !having.has(row.model.name) ? undefined : tier
  }
}

/** Names of the models that have backends of the tier. */
export function modelsWith (tier: ServiceTier, rows: readonly Row[]): ReadonlySet<string> {
  return new Set(rows.filter(({ serviceTier }) => serviceTier === tier).map(({ model }) => model.name))
}

/** `openai/gpt-5/flex` asks for that very backend. */
function isNamed ({ serviceTier, backend }: Row, asked: string): boolean {
  return serviceTier !== undefined && asked.replace('/', ':') === backend.id
}
