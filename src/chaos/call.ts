// One request as the provider saw it: what it asked, what was sent, and who ended it.

import type { JsonObject } from '../core/json.ts'

export type Party = 'caller' | 'provider'

export interface CallEnd {
  /** Who ended it: the play that was over or cut the connection, or the caller that hung up. */
  readonly by: Party
  /** The caller hung up before the answer was whole. */
  readonly wasCancelled: boolean
  readonly atMs: number
  readonly monotonicMs: number
}

export interface Call {
  /** 1 for the first request of the server. */
  readonly number: number
  /** Wall clock; `monotonicMs` is the one to take differences of. */
  readonly atMs: number
  readonly monotonicMs: number
  /** 1 for the first connection of the server. */
  readonly connection: number
  /** '' when the request named a play that does not exist. */
  readonly play: string
  readonly path: string
  readonly model: string
  readonly isStream: boolean
  readonly headers: ReadonlyMap<string, string>
  readonly bodyBytes: number
  /** In hex. */
  readonly bodySha256: string
  /** The body parsed; undefined when it is no JSON object. */
  readonly json: JsonObject | undefined
  /** Tokens of text that went out in whole events. */
  readonly tokensSent: number
  /** Bytes handed to the connection, framing included. */
  readonly bytesSent: number
  /** The answer went out to its end. */
  readonly isAnswered: boolean
  /** Undefined: under way. */
  readonly end: CallEnd | undefined
}
