// Keeps the calls of a server, in memory and in the truth file at the same moments.

import type { Clock } from '../core/clock.ts'
import type { Asked } from './asked.ts'
import type { Call, CallEnd, Party } from './call.ts'
import type { Truth } from './truth.ts'

/** A call under way, for the one who answers it. */
export interface OpenCall {
  readonly call: Call
  sent (tokens: number, bytes: number): void
  answered (): void
  /** The first one counts: a connection that the play has cut also closes. */
  close (by: Party): void
}

export class Calls {
  readonly #all: Call[] = []
  readonly #clock: Clock
  readonly #truth: Truth

  constructor (clock: Clock, truth: Truth) {
    this.#clock = clock
    this.#truth = truth
  }

  get all (): readonly Call[] { return this.#all }

  open (asked: Asked, { play, connection }: { play: string, connection: number }): OpenCall {
    const clock = this.#clock
    const truth = this.#truth
    const call = {
      number: this.#all.length + 1,
      atMs: clock.nowMs(),
      monotonicMs: clock.monotonicMs(),
      connection,
      play,
      path: asked.path,
      model: asked.model,
      isStream: asked.isStream,
      headers: asked.headers,
      bodyBytes: asked.bodyBytes,
      bodySha256: asked.bodySha256,
      json: asked.json,
      tokensSent: 0,
      bytesSent: 0,
      isAnswered: false,
      end: undefined as CallEnd | undefined
    }
    this.#all.push(call)
    truth.received(call)
    return {
      call,
      sent (tokens, bytes) {
        call.tokensSent += tokens
        call.bytesSent += bytes
      },
      answered () {
        call.isAnswered = true
        truth.answered(call, clock.nowMs())
      },
      close (by) {
        if (call.end) return
        const wasCancelled = by === 'caller' && !call.isAnswered
        call.end = { by, wasCancelled, atMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
        truth.closed(call)
      }
    }
  }
}
