// What of a request or its answer could not be told: `X-Aibroker-Loss`.

import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import { laneOf } from './lane.ts'

/** Names of members. Of a stream those that were lost until its first output, since its headers go out then. */
export function lossesOf (ask: Ask, attempted: Attempted | undefined): readonly string[] | undefined {
  if (attempted?.turn.candidate.translation === undefined) return ask.losses
  const { plain, live, turn: { candidate } } = attempted
  const own = plain ? laneOf(ask, candidate).wire.lossesIn?.(plain) : live?.reader.losses
  return [...ask.losses ?? [], ...own ?? []]
}
