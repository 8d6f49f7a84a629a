// What the exchange line needs of a JSON dialect. One object per folder of src/wire.

import type { Envelope, Task, WireName } from '../core/ask.ts'
import type { GatewayError } from '../core/errors.ts'
import type { JsonBody, JsonObject } from '../core/json.ts'

export interface WireFormat {
  readonly name: WireName
  /** @throws GatewayError `missing_model` or `invalid_body`. */
  readEnvelope (body: JsonBody, task: Task): Envelope
  /** Members to change before the body may go to a backend of the same wire; values are JSON text. */
  changesFor (body: JsonBody, target: RequestTarget): Map<string, string | undefined>
  /** Reads a plain answer; undefined: it is not what this wire answers. */
  readAnswer (bytes: Buffer, contentType: string, task: Task): PlainAnswer | undefined
  /** The answer as the client gets it: strict clients' nulls dropped, additions inserted. */
  finishAnswer (answer: PlainAnswer, additions: Additions): Buffer
  createStream (options: StreamOptions): StreamReader
  encodeError (error: GatewayError, requestId: string): JsonObject
  /** What the headers of an error answer say about trying again. Names in lower case. */
  errorHeaders (error: GatewayError): Record<string, string>
  /** The failure as an event of a stream that has begun; undefined for media, which have no place for words. */
  errorFrame (error: GatewayError, requestId: string, contentType: string): Buffer | undefined
}

export interface RequestTarget {
  readonly task: Task
  readonly envelope: Envelope
  readonly modelId: string
  /** Ask for the usage chunk of a stream although the client did not. */
  readonly mayAskUsage: boolean
}

export interface PlainAnswer {
  readonly bytes: Buffer
  /** Undefined for answers that are not JSON objects (plain text transcripts). */
  readonly value: JsonObject | undefined
  readonly task: Task
}

/** What the broker adds to an answer, as JSON text; undefined: nothing of that name. */
export interface Additions {
  readonly provider: string | undefined
  /** Decimal USD for `usage.cost`; undefined: not known, so no number is invented. */
  readonly cost: string | undefined
  readonly xAibroker: string | undefined
  /** The client asked for vectors in base64. */
  readonly wantsBase64?: boolean
}

export interface StreamOptions {
  readonly task: Task
  readonly contentType: string
  readonly choices: number
  /** The usage chunk was asked for by us, not by the client: keep it back. */
  readonly hidesUsage: boolean
  /** No change to any byte. */
  readonly isExact: boolean
  /** Finds usage in places only some providers use; undefined: not here. */
  readonly usageOf: (event: JsonObject) => JsonObject | undefined
  /** Called when the usage of the whole stream is known, for the event that carries it to the client. */
  readonly additionsFor: (usage: JsonObject) => Additions | undefined
}

/**
 * Takes the bytes of a stream as they come and gives back the whole events the client may have: an unfinished event
 * stays here, so a cut leaves the client with whole events only.
 */
export interface StreamReader {
  /** @throws StreamBroken when the bytes cannot be a stream of this wire. */
  push (chunk: Buffer): Buffer | undefined
  /** Counts events with content (comments do not count): the first one ends the peek. */
  readonly events: number
  /** The terminal event was seen; what follows is not for anybody. */
  readonly isDone: boolean
  /** An error event of the provider; it was not passed on. */
  readonly error: JsonObject | undefined
  readonly usage: JsonObject | undefined
  /** The provider's id of the answer. */
  readonly upstreamId: string | undefined
  /** Called once, when the provider ended or `isDone`. `tail` goes out last, after the settlement. */
  finish (): { readonly isComplete: boolean, readonly tail: Buffer | undefined }
}

export class StreamBroken extends Error {}
