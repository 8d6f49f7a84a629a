// Every play by its name.

import type { Play } from './play.ts'
import { FRAMING } from './plays/framing.ts'
import { REFUSALS } from './plays/refusals.ts'
import { SIXTEEN } from './plays/sixteen.ts'
import { STREAMS } from './plays/streams.ts'

export const PLAYS: ReadonlyMap<string, Play> =
  new Map(Object.entries({ ...SIXTEEN, ...REFUSALS, ...STREAMS, ...FRAMING }))
