// Whether a provider may have worked on a request, or each one turned it away at the door; and what follows for its
// Idempotency-Key.

import type { GatewayError } from '../core/errors.ts'
import type { Attempted } from './attempted.ts'
import type { Outlet } from './outlet.ts'

/** 401, 402, 403 and 429 are said before any work is done. A 5xx may come behind it. */
const TURNED_AWAY: ReadonlySet<string> = new Set(['unauthorised', 'declined', 'throttled'])

/** True when the request can be made again without being served twice. */
function isUnserved (attempts: readonly Attempted[]): boolean {
  return attempts.every(({ isSent, outcome }) => !isSent || TURNED_AWAY.has(outcome.kind))
}

/**
 * Before an exchange tells its failure: the key is free while nobody has worked, and has no answer when the broker
 * stops while somebody did. After a bug of ours nobody knows what was sent.
 */
export function noteUnanswered (
  outlet: Outlet, { code }: GatewayError, attempts: readonly Attempted[], isBegun: boolean
): void {
  if (code !== 'internal' && isUnserved(attempts)) outlet.noteUnserved?.()
  else if (code === 'draining' && !isBegun) outlet.noteInterrupted?.()
}
