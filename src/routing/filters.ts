// Hard constraints: a table, the first row that excludes a backend gives the reason. Permanent reasons come before
// passing ones, so that a backend that is only cooling is known to be eligible otherwise.

import { matchesAny } from '../core/allow-list.ts'
import type { Principal } from '../core/ask.ts'
import { mayCompressInto, MOST_BYTES_PER_TOKEN as COMPRESSED_BYTES_PER_TOKEN } from '../core/plugins.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { PoolState } from '../providers/credentials.ts'
import type { ResolvedProvider } from '../providers/registry.ts'
import { costFilters } from './cost-filters.ts'
import type { Filter, Passing } from './filter.ts'
import type { Health } from './health.ts'
import type { PlanRequest } from './plan.ts'
import type { PriceTimes } from './price-times.ts'
import { restText } from './rest-text.ts'
import { translationAt, type Row } from './roster.ts'

export interface FilterParts extends PriceTimes {
  readonly health: Pick<Health, 'restOf'>
  /** For principals without a policy of their own. */
  readonly unknownPrice: UnknownPrice
}

/** A lower bound of tokens: hardly any text has more bytes to a token, even in the most generous tokenizer. */
const MOST_BYTES_PER_TOKEN = 8

/** So many windows' worth of prompt may be left of one. */
const MOST_SHORTENED = 2

/** An answer that is told anew has none of its bytes. */
const EXACT_RELAY = 'X-Aibroker-Relay: exact'

/** What a request wishes is judged between the two. */
export interface Filters {
  readonly lasting: readonly Filter[]
  readonly passing: readonly Filter[]
}

export function createFilters (parts: FilterParts): Filters {
  return { lasting: lastingFilters(parts), passing: passingFilters(parts.health) }
}

function lastingFilters (parts: FilterParts): readonly Filter[] {
  return [
    {
      code: 'unknown_provider',
      excludes: ({ provider, backend }) => provider ? undefined : backend.provider
    },
    {
      code: 'wrong_task',
      excludes: (row, { task }) => {
        const isUnserved = row.provider?.tasks.includes(task) === false
        return isUnserved && translationAt(row, task) === undefined ? task : undefined
      }
    },
    {
      code: 'needs_completions',
      excludes: (row, { task, envelope, isExact }) =>
        translationAt(row, task) && (isExact ? EXACT_RELAY : envelope.needsCompletions)
    },
    {
      code: 'not_allowed_for_key',
      excludes: (row, { principal, envelope }) => refusedTo(principal, row, envelope.model)
    },
    {
      code: 'missing_capability',
      excludes: ({ model }, { envelope }) => envelope.needs.find((need) => !model.capabilities.has(need))
    },
    {
      code: 'context_too_small',
      excludes: (row, request) => windowBelow(row, request)
    },
    {
      code: 'no_credential',
      excludes: ({ provider }, _request, stateOf) => provider && missingCredential(provider, stateOf(provider.id))
    },
    {
      // Lasting, although one request at a time finds out whether it is mended: nobody else is left out for its sake.
      code: 'credential_refused',
      excludes: ({ backend }, _request, stateOf) => refusedCredential(backend.provider, stateOf(backend.provider))
    },
    ...costFilters(parts.unknownPrice, parts)
  ]
}

function passingFilters (health: FilterParts['health']): readonly Filter[] {
  return [
    {
      code: 'credential_cooling',
      excludes: ({ backend }, _request, stateOf) => coolingCredential(stateOf(backend.provider))
    },
    {
      code: 'backend_cooling',
      excludes: ({ backend }) => {
        const rest = health.restOf(backend.id)
        return rest && { detail: restText(rest), waitMs: rest.waitMs }
      }
    }
  ]
}

/**
 * The window, where the request does not fit. One that may lose its middle goes to a window that takes all of it if
 * there is one, else it needs half of what it has: https://openrouter.ai/docs/guides/features/message-transforms
 */
function windowBelow ({ model: { contextWindow: window } }: Row, request: PlanRequest): string | undefined {
  if (window === undefined) return undefined
  const { plugins, maxOutputTokens = 0 } = request.envelope
  if (request.task !== 'chat' || !mayCompressInto(window, plugins)) return above(window, leastTokens(request))
  return request.isShortened === true
    ? above(window, maxOutputTokens + (leastTokens(request) - maxOutputTokens) / MOST_SHORTENED)
    : above(window, leastTokens(request, COMPRESSED_BYTES_PER_TOKEN))
}

function above (window: number, tokens: number): string | undefined {
  return tokens > window ? String(window) : undefined
}

/**
 * Tokens the ask has at the very least, the room for its answer included. Only chat is judged: the bytes of images and
 * audio are no text, and lists of embedding or completion inputs have the window for each of their items.
 */
function leastTokens ({ task, envelope }: PlanRequest, bytesPerToken = MOST_BYTES_PER_TOKEN): number {
  if (task !== 'chat') return 0
  const isText = !envelope.needs.includes('vision') && !envelope.needs.includes('audio_input')
  return (isText ? envelope.bodyBytes / bytesPerToken : 0) + (envelope.maxOutputTokens ?? 0)
}

/** How to give the provider what it lacks. */
function missingCredential (provider: ResolvedProvider, state: PoolState): string | undefined {
  if (state.kind !== 'none') return undefined
  const [prefix] = provider.env
  if (provider.url === undefined && prefix !== undefined) return `set ${prefix}_BASE_URL`
  if (provider.secretSource !== 'none') return `fill ${provider.secretSource}`
  return prefix === undefined ? 'give it a credential in modelsconfig.yml' : `set ${prefix}_API_KEY`
}

function coolingCredential (state: PoolState): Passing | undefined {
  return state.kind === 'cooling' ? { detail: String(state.retryAfterMs), waitMs: state.retryAfterMs } : undefined
}

function refusedCredential (provider: string, state: PoolState): Passing | undefined {
  return state.kind === 'refused' ? { detail: provider, waitMs: state.retryAfterMs } : undefined
}

/** A key may list the very name that is asked (`auto`, an alias), models, `provider/model_id`; `*` ends a pattern. */
function refusedTo ({ models, providers }: Principal, { model, backend }: Row, asked: string): string | undefined {
  if (providers && !matchesAny(providers, backend.provider)) return backend.provider
  if (!models || models.includes(asked) || matchesAny(models, model.name)) return undefined
  return matchesAny(models, `${backend.provider}/${backend.modelId}`) ? undefined : model.name
}
