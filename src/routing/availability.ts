// Why a model cannot be had, for programs: `error.availability` as OpenRouter's clients read it.

import type { Exclusion, ExclusionCode, Plan } from './plan.ts'

/** Where the broker says how it chooses. */
export const DOCS_URL = '/docs'

export type AvailabilityCode =
  'model_not_found' | 'no_endpoints' | 'privacy_restricted' | 'constraint_filtered' | 'capacity_exhausted' |
  'temporarily_unavailable'

/** The members are OpenRouter's; `retry_after` in seconds. */
export interface Availability {
  readonly code: AvailabilityCode
  readonly retryable: boolean
  readonly requested_models: readonly string[]
  readonly docs_url: string
  readonly retry_after?: number
  readonly affected_providers?: readonly string[]
  readonly excluded_by?: readonly string[]
}

/** OpenRouter's words for what filtered a backend out; ours where it has none. */
const EXCLUDED_BY: { readonly [code in ExclusionCode]?: string } = {
  not_in_only: 'allowed_providers',
  ignored: 'allowed_providers',
  no_fallbacks: 'allowed_providers',
  not_allowed_for_key: 'allowed_providers',
  data_collected: 'data_policy:training',
  data_retained: 'data_policy:zdr',
  other_quantization: 'quantization',
  unsupported_parameter: 'require_parameters',
  missing_capability: 'require_parameters',
  above_max_price: 'max_price',
  too_costly: 'max_price',
  context_too_small: 'context_length',
  not_offered: 'not_offered',
  needs_completions: 'not_offered',
  tier_not_asked: 'service_tier',
  other_tier: 'service_tier',
  less_capable: 'require_parameters'
}

const PRIVACY: ReadonlySet<ExclusionCode> = new Set<ExclusionCode>(['data_collected', 'data_retained'])

/** Every backend that was asked said "later". `providers`: who did; `retryAfterS`: seconds until the first is back. */
export function capacityExhausted (
  { requestedModel, requestedModels = [requestedModel] }: Plan, providers: readonly string[], retryAfterS: number
): Availability {
  return {
    code: 'capacity_exhausted',
    retryable: true,
    retry_after: retryAfterS,
    requested_models: requestedModels,
    docs_url: DOCS_URL,
    affected_providers: [...new Set(providers)]
  }
}

/** Of a plan without candidates. `retryAfterS`: seconds; undefined: waiting does not help. */
export function availabilityOf (
  { requestedModel, requestedModels = [requestedModel], excluded }: Plan,
  nearest: Exclusion | undefined, retryAfterS?: number
): Availability {
  const shared = { requested_models: requestedModels, docs_url: DOCS_URL }
  const affected = excluded.length > 0 && { affected_providers: providersOf(excluded) }
  if (retryAfterS !== undefined) {
    const code = nearest?.code === 'credential_cooling' ? 'capacity_exhausted' : 'temporarily_unavailable'
    return { code, retryable: true, retry_after: retryAfterS, ...shared, ...affected }
  }
  const words = [...new Set(excluded.flatMap(({ code }) => EXCLUDED_BY[code] ?? []))]
  return {
    code: codeOf(nearest), retryable: false, ...shared, ...affected, ...(words.length > 0 && { excluded_by: words })
  }
}

function codeOf (nearest: Exclusion | undefined): AvailabilityCode {
  if (!nearest || EXCLUDED_BY[nearest.code] === undefined) return 'no_endpoints'
  return PRIVACY.has(nearest.code) ? 'privacy_restricted' : 'constraint_filtered'
}

export function providersOf (excluded: readonly Exclusion[]): readonly string[] {
  return [...new Set(excluded.map(({ backend }) => backend.provider))]
}
