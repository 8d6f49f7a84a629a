// An attempt seen from outside: the job it is given, and what it came to.

import type { Deadlines } from '../core/deadlines.ts'
import type { JsonObject } from '../core/json.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Additions, Identity, PlainAnswer, Transcript } from '../wire/format.ts'
import type { Ask } from './ask.ts'
import type { Lane } from './lane.ts'
import type { LiveStream } from './live-stream.ts'
import type { ExchangeParts } from './parts.ts'
import type { Turn } from './turns.ts'
import type { UpstreamHeaders } from './upstream.ts'

export interface Attempted {
  readonly outcome: Outcome
  readonly turn: Turn
  readonly status: number | undefined
  readonly headers: UpstreamHeaders
  /** False: the client left before anything was sent. */
  readonly isSent: boolean
  /** Names of the request members that were changed on the way. */
  readonly edits: readonly string[]
  readonly durationMs: number
  readonly firstEventMs: number | undefined
  /** A whole plain answer; set when the outcome is `answered` and `live` is not. */
  readonly plain: PlainAnswer | undefined
  /** A stream whose first output is in hand. */
  readonly live: LiveStream | undefined
  /** The provider's own error body, at most 64 KiB. */
  readonly refusal: string | undefined
  /** Of a stream that did not come to its end: bytes of it that were written to the client. */
  readonly deliveredBytes?: number | undefined
  /** The failure is a whole answer with nothing in it. */
  readonly isEmpty?: boolean | undefined
  /** Usage that a failed answer told all the same. */
  readonly told?: JsonObject | undefined
}

export interface AttemptJob {
  readonly ask: Ask
  readonly lane: Lane
  readonly turn: Turn
  readonly parts: ExchangeParts
  readonly deadlines: Deadlines
  /** Monotonic ms: when the exchange has to be over. Infinity: never. */
  readonly endAtMs: number
  /** Set when the client has got a part of the answer already. */
  readonly sequel: Sequel | undefined
  readonly identity: Identity
  /** What the usage event of a stream gets added. */
  readonly additionsFor: (usage: JsonObject | undefined) => Additions | undefined
}

/** A broken stream is carried on: from where it broke, or by one that has to say the same again. */
export interface Sequel {
  readonly transcript: Transcript
  readonly how: 'continued' | 'regenerated'
  /** Members of the request that make it carry on; JSON text. None to start again. */
  readonly changes: ReadonlyMap<string, string | undefined>
}

/** The attempt of a client that left between the commit of its row and the call. */
export function neverSent (turn: Turn): Attempted {
  return {
    outcome: { kind: 'abandoned' },
    turn,
    isSent: false,
    status: undefined,
    headers: {},
    edits: [],
    durationMs: 0,
    firstEventMs: undefined,
    plain: undefined,
    live: undefined,
    refusal: undefined
  }
}
