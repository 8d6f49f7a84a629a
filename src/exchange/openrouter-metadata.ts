// How a request was routed, in OpenRouter's shape, for clients that ask with `X-OpenRouter-Metadata: enabled`.
// https://openrouter.ai/docs/features/router-metadata

import type { JsonObject } from '../core/json.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Candidate, Plan } from '../routing/plan.ts'
import type { Delivering } from './delivering.ts'
import type { Turn } from './turns.ts'

/** Of an attempt without a status of its own: clients read an integer. */
const STATUSES: { readonly [kind in Outcome['kind']]?: number } = { stalled: 524, unreachable: 502, answered: 200 }

/**
 * `{requested, strategy, region, summary, attempt, is_byok, endpoints: {total, available}, attempts}`; undefined: the
 * client did not ask, or nothing was routed. `selected` is whose answer it is; undefined: nobody's.
 */
export function openrouterMetadata (
  { ask, attempts, parts: { providers } }: Pick<Delivering, 'ask' | 'attempts' | 'parts'>,
  plan: Plan | undefined,
  selected: Turn | undefined
): JsonObject | undefined {
  if (!ask.wantsMetadata || plan === undefined) return undefined
  const nameOf = ({ backend }: Candidate) => providers().get(backend.provider)?.displayName ?? backend.provider
  const before = attempts.filter(({ turn }) => turn !== selected)
  const tried = [
    ...before.map(({ turn, outcome, status }) => rowOf(turn, status || STATUSES[outcome.kind] || 502)),
    ...selected ? [rowOf(selected, 200)] : []
  ]
  const { requestedModel, candidates, excluded } = plan
  const last = tried[tried.length - 1]
  return {
    requested: requestedModel,
    strategy: strategyOf(requestedModel, tried.length),
    region: null,
    summary: `${candidates.length} of ${candidates.length + excluded.length} endpoints available, ` +
      (last && selected ? `${last.provider} answered` : 'none answered'),
    attempt: tried.length,
    is_byok: false,
    endpoints: {
      total: candidates.length + excluded.length,
      available: candidates.map((candidate) => ({
        provider: nameOf(candidate),
        model: candidate.backend.modelId,
        selected: candidate.backend === selected?.candidate.backend
      }))
    },
    attempts: tried
  }
}

function rowOf ({ provider, candidate }: Turn, status: number) {
  return { provider: provider.displayName, model: candidate.backend.modelId, status }
}

function strategyOf (model: string, attempts: number): 'auto' | 'latest' | 'fallback' | 'direct' {
  if (/^(openrouter\/)?auto/.test(model)) return 'auto'
  if (model.startsWith('~')) return 'latest'
  return attempts > 1 ? 'fallback' : 'direct'
}
