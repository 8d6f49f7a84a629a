// Whether a provider may have worked on a request, or each one turned it away at the door.

import type { Attempted } from './attempted.ts'

/** 401, 402, 403 and 429 are said before any work is done. A 5xx may come behind it. */
const TURNED_AWAY: ReadonlySet<string> = new Set(['unauthorised', 'declined', 'throttled'])

/** True when the request can be made again without being served twice. */
export function isUnserved (attempts: readonly Attempted[]): boolean {
  return attempts.every(({ isSent, outcome }) => !isSent || TURNED_AWAY.has(outcome.kind))
}
