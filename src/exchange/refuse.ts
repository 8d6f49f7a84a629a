// An exchange that ends in an error before anything was delivered: headers and body in the asking wire's way.

import type { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import { exchangeHeaders } from './answer-headers.ts'
import { textHeader } from './lanes.ts'
import type { Outlet } from './outlet.ts'

export interface RefusalFacts {
  readonly id: string
  readonly attempts: readonly Attempted[]
  readonly provider: string | undefined
  /** `openrouter_metadata`; undefined: the client did not ask. */
  readonly metadata: JsonObject | undefined
}

export function refuse (outlet: Outlet, ask: Ask, error: GatewayError, facts: RefusalFacts): void {
  const { id, attempts, provider, metadata } = facts
  const last = attempts[attempts.length - 1]
  const own = ask.wire.errorHeaders(error)
  const { losses, wire: { idHeader } } = ask
  const headers = exchangeHeaders({ id, attempts: attempts.length, attempted: last, provider, losses, idHeader })
    .filter((_, at, all) => !isOverruled(all[at - at % 2] as string, own))
  for (const name in own) headers.push(name, own[name] as string)
  const body = verbatimRefusal(ask, last) ?? Buffer.from(JSON.stringify({
    ...ask.wire.encodeError(error, id),
    ...metadata && error.status !== 500 && { openrouter_metadata: metadata } // a bug of ours is not told in detail
  }))
  headers.push('content-type', 'application/json; charset=utf-8', 'content-length', String(body.length))
  outlet.begin(error.status, headers)
  outlet.end(body)
}

/**
 * Our word on retrying wins. `retry-after-ms` goes with `retry-after`: clients prefer it, and a provider's few
 * milliseconds would bring them back while its credential still rests here.
 */
function isOverruled (name: string, own: Readonly<Record<string, string>>): boolean {
  return name in own || (name === 'retry-after-ms' && 'retry-after' in own)
}

/** OpenRouter's own error body passes as it is, like its answers. */
function verbatimRefusal ({ wire }: Ask, last: Attempted | undefined): Buffer | undefined {
  if (last?.outcome.kind !== 'refused' || !last.turn.provider.isVerbatim || wire.isTranslated) return undefined
  return textHeader(last.headers, 'content-type').includes('json') ? Buffer.from(last.refusal ?? '') : undefined
}
