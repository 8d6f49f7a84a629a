// Headers of an answer, from an allow-list: ours, and the few of a provider that clients act on.

import { formatUsd } from '../core/money.ts'
import type { Cost } from '../metering/cost.ts'
import type { Attempted } from './attempted.ts'
import type { UpstreamHeaders } from './upstream.ts'
import { textHeader } from './lanes.ts'

/**
 * Passed through by exact name. `retry-after*` and `x-should-retry` steer the official SDKs' retries; anything else
 * of a provider (cookies, server names, CORS) is not for our clients.
 */
const PASSED = ['retry-after', 'retry-after-ms', 'x-should-retry', 'openai-processing-ms', 'openai-version']
const PASSED_PREFIX = 'x-ratelimit-'
const REQUEST_ID = 'x-request-id'
const SAFE_ID = /^[\w.:-]{1,128}$/

export interface HeaderFacts {
  /** Generation id, or a request id when the exchange has no row. */
  readonly id: string
  readonly attempts: number
  /** The last attempt; undefined before any. */
  readonly attempted: Attempted | undefined
  /** The provider as the rows name it. */
  readonly provider: string | undefined
  /** Members of the request that its answer does not follow; undefined: none. */
  readonly losses?: readonly string[] | undefined
  /** Where the SDKs of the asking wire look for the id; undefined: in `x-request-id`. */
  readonly idHeader?: string | undefined
}

/** What every answer of an exchange carries, flat name, value list. */
export function exchangeHeaders ({ id, attempts, attempted, provider, losses, idHeader }: HeaderFacts): string[] {
  const headers = ['x-aibroker-attempts', String(attempts), 'cache-control', 'no-store', ...idsOf(id, idHeader)]
  headers.push('x-request-id', requestIdOf(attempted?.headers) ?? id)
  if (losses?.length) headers.push('x-aibroker-loss', headerText(losses.join(', ')))
  if (!attempted) return headers
  headers.push('x-aibroker-provider', provider ?? '', 'x-aibroker-model', headerText(attempted.turn.candidate.backend.modelId))
  const { clampedOutput } = attempted.turn.candidate
  if (clampedOutput !== undefined) headers.push('x-aibroker-budget-clamped', String(clampedOutput))
  if (attempted.edits.length > 0) headers.push('x-aibroker-edits', headerText(attempted.edits.join(', ')))
  passUpstream(attempted.headers, headers)
  return headers
}

function idsOf (id: string, idHeader: string | undefined): string[] {
  const own = id.startsWith('gen-') ? ['x-generation-id', id] : []
  return idHeader === undefined ? own : [...own, idHeader, id]
}

/** The cost of a complete answer; an unknown one shows its grade and no number. */
export function costHeaders (cost: Cost): string[] {
  const grade = ['x-aibroker-cost-grade', cost.grade]
  return cost.amount === undefined ? grade : ['x-aibroker-cost-usd', formatUsd(cost.amount), ...grade]
}

function passUpstream (upstream: UpstreamHeaders, headers: string[]): void {
  for (const name in upstream) {
    if (!PASSED.includes(name) && !name.startsWith(PASSED_PREFIX)) continue
    headers.push(name, headerText(textHeader(upstream, name)))
  }
}

/** The provider's request id when it gave a sane one: it is what its support asks for. */
function requestIdOf (upstream: UpstreamHeaders | undefined): string | undefined {
  const id = upstream && textHeader(upstream, REQUEST_ID)
  return id && SAFE_ID.test(id) ? id : undefined
}

/** Printable ASCII only: names of models come from clients and configuration, values from providers. */
function headerText (text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x20-\x7e]/g, '?')
}
