// What the exchange line needs of a JSON dialect. One object per folder of src/wire.

import type { Envelope, Task, WireName } from '../core/ask.ts'
import type { GatewayError } from '../core/errors.ts'
import type { Finish } from '../core/finish.ts'
import type { JsonBody, JsonObject, JsonValue } from '../core/json.ts'
import type { InputTexts } from '../core/texts.ts'

export interface WireFormat {
  readonly name: WireName
  /** No backend speaks it: answers are told anew, so no byte of a provider can pass as it is. */
  readonly isTranslated?: boolean
  /** Where its SDKs look for the id of an answer, beside `x-request-id`. In lower case. */
  readonly idHeader?: string | undefined
  /** @throws GatewayError `missing_model` or `invalid_body`. */
  readEnvelope (body: JsonBody, task: Task): Envelope
  /** How a talk began, hashed: the same in each of its requests. Undefined: the body holds none. */
  openingOf (body: JsonBody): string | undefined
  /** The words of a request, to be counted; undefined: the task is not asked in words. */
  readTexts (body: JsonBody, task: Task): InputTexts | undefined
  /** Members to change before the body may go to a backend of the same wire; values are JSON text. */
  changesFor (body: JsonBody, target: RequestTarget): Map<string, string | undefined>
  /** Reads a plain answer; undefined: it is not what this wire answers. */
  readAnswer (bytes: Buffer, contentType: string, task: Task): PlainAnswer | undefined
  /** What went wrong, in a whole answer that says so although its status is 200; undefined: nothing. */
  errorIn (answer: PlainAnswer): JsonValue | undefined
  /** Whether a whole answer holds nothing the model produced: a failure of the provider. */
  isEmptyAnswer (answer: PlainAnswer): boolean
  /**
   * The words of each choice of a whole chat; undefined: the model wrote something else as well, or did not come to a
   * plain end.
   */
  readAnswerTexts (answer: PlainAnswer): readonly string[] | undefined
  /** A whole answer whose words should be JSON, mended where they are not; the same answer when nothing was. */
  healAnswer (answer: PlainAnswer): PlainAnswer
  /** What of a whole answer is not told, since the asking wire has no place for it. Absent: nothing. */
  lossesIn?(answer: PlainAnswer): readonly string[]
  /** The answer as the client gets it: strict clients' nulls dropped, additions inserted. */
  finishAnswer (answer: PlainAnswer, additions: Additions): Buffer
  /** Why a whole answer ended; undefined: it does not tell. */
  finishIn (answer: PlainAnswer): Finish | undefined
  /** The same of a whole answer or stream as `retell` takes it. */
  toldFinish (bytes: Buffer, contentType: string): Finish | undefined
  /** A whole answer or stream told again: with that id and time, and nothing used for it. */
  retell (bytes: Buffer, contentType: string, as: Retelling): Buffer
  createStream (options: StreamOptions): StreamReader
  /** Keeps what a client got of a stream, for another attempt to carry on; undefined: not for this request. */
  openTranscript (body: JsonBody, envelope: Envelope): Transcript | undefined
  /**
   * Keeps a waiting connection open and means nothing: the comment, or the wire's own ping. Undefined for media.
   * `comment`: a whole comment of a stream of events.
   */
  keepAlive (contentType: string, comment: Buffer): Buffer | undefined
  encodeError (error: GatewayError, requestId: string): JsonObject
  /** What the headers of an error answer say about trying again. Names in lower case. */
  errorHeaders (error: GatewayError): Record<string, string>
  /** The failure as an event of a stream that has begun; undefined for media, which have no place for words. */
  errorFrame (error: GatewayError, requestId: string, stream: BegunStream): Buffer | undefined
}

/** Requests of one task, told to a backend as another. */
export interface Translator {
  /** What the backend is asked for. */
  readonly task: Task
  /** Speaks to the backend, and tells its answers as the client asked for them. */
  readonly wire: WireFormat
  translate (body: JsonBody): Translated
}

export interface Translated {
  readonly json: JsonBody
  /** Names of the members that are not the client's own. */
  readonly edits: readonly string[]
}

export interface BegunStream {
  readonly task: Task
  readonly contentType: string
  /** The name the client asked for. */
  readonly model: string
  /** The client has heard nothing of the answer: what there is of it was held until it would be whole. */
  readonly isHeld?: boolean
}

export interface RequestTarget {
  readonly task: Task
  readonly envelope: Envelope
  readonly modelId: string
  /** Tokens that the backend takes; undefined: it sees to that itself, or nobody knows. */
  readonly contextWindow?: number | undefined
  /** Ask for the usage chunk of a stream although the client did not. */
  readonly mayAskUsage: boolean
}

export interface Retelling {
  readonly id: string
  /** Unix seconds. */
  readonly createdS: number
}

export interface PlainAnswer {
  readonly bytes: Buffer
  /** Undefined for answers that are not JSON objects (plain text transcripts). */
  readonly value: JsonObject | undefined
  readonly task: Task
}

/** What every answer of a wire names: put in where a provider left it out. */
export interface Identity {
  readonly id: string
  readonly model: string
  /** Unix seconds. */
  readonly createdS: number
}

/** What the broker adds to an answer, as JSON text; undefined: nothing of that name. */
export interface Additions {
  readonly provider: string | undefined
  readonly identity?: Identity
  /** Decimal USD for `usage.cost`; undefined: not known, so no number is invented. */
  readonly cost: string | undefined
  readonly xAibroker: string | undefined
  /** For an answer that has none: what is known of it. Undefined: nobody counted, so nothing is invented. */
  readonly usage?: string | undefined
  /** `openrouter_metadata`; undefined: the client did not ask. */
  readonly metadata?: string | undefined
  /** The body of the request, where the answer refers to it: a rerank. */
  readonly asked?: JsonObject | undefined
  /** The client asked for vectors in base64. */
  readonly wantsBase64?: boolean
  /** The client wants the model to think and not to hear of it. */
  readonly hidesReasoning?: boolean
}

export interface StreamOptions {
  readonly task: Task
  readonly contentType: string
  readonly choices: number
  readonly identity?: Identity
  /** JSON text of the provider's name, for the first chunk. */
  readonly provider: string | undefined
  /** The usage chunk was asked for by us, not by the client: keep it back. */
  readonly hidesUsage: boolean
  /** The client wants the model to think and not to hear of it. */
  readonly hidesReasoning: boolean
  /** No change to any byte. */
  readonly isExact: boolean
  /** Finds usage in places only some providers use; undefined: not here. */
  readonly usageOf: (event: JsonObject) => JsonObject | undefined
  /** Called once, at the end of a whole stream, for the event that tells its usage; undefined: it told none. */
  readonly additionsFor: (usage: JsonObject | undefined) => Additions | undefined
}

/**
 * Takes the bytes of a stream as they come and gives back the whole events the client may have: an unfinished event
 * stays here, so a cut leaves the client with whole events only.
 */
export interface StreamReader {
  /** @throws StreamBroken when the bytes cannot be a stream of this wire. */
  push (chunk: Buffer): Buffer | undefined
  /** Events read so far; comments do not count. */
  readonly events: number
  /**
   * Something the model produced went by: text, reasoning, a tool call, a refusal, audio. It ends the peek: a chunk
   * that only names the role is not an answer yet.
   */
  readonly hasOutput: boolean
  /** Events that could not be read and were left out (noise between whole events). */
  readonly dropped: number
  /** The terminal event was seen; what follows is not for anybody. */
  readonly isDone: boolean
  /** An error event of the provider; it was not passed on. */
  readonly error: JsonObject | undefined
  /** The usage told last. */
  readonly usage: JsonObject | undefined
  /** True: it was told before the answer's end (some tell it in every chunk) and is less than the whole may come to. */
  readonly isUsageSoFar?: boolean
  /** What of the events so far was not told, as `lossesIn`. Absent: nothing. */
  readonly losses?: readonly string[]
  /** The provider's id of the answer. */
  readonly upstreamId: string | undefined
  /** Why the answer ended, so far; absent: it was not told, or its wire has no word for that. */
  readonly finished?: Finish | undefined
  /** Called once, when the provider ended or `isDone`. */
  finish (): StreamEnd
}

export interface StreamEnd {
  /** The terminal event of the wire was seen. */
  readonly isComplete: boolean
  /** Complete, and yet the model produced nothing at all: a failure of the provider. */
  readonly isEmpty: boolean
  /** Goes out last, after the settlement. */
  readonly tail: Buffer | undefined
}

/**
 * How a backend is asked to carry on an answer that another one began. The text shown becomes the last message:
 * `assistant_last` just that, `prefix_flag` marked with `prefix: true`, `continue_final_message` with that switch in
 * the body.
 */
export type Continuation = 'assistant_last' | 'prefix_flag' | 'continue_final_message'

/** What the client has got of a stream that broke. Only whole events reach it, so it knows exactly what was shown. */
export interface Transcript {
  /** Reads whole events as they go out to the client, those of a sequel too. */
  add (block: Buffer): void
  /**
   * Whether another stream may take over: one choice, text only. Never with a tool call under way, nor with anything
   * shown that the next model could not know (reasoning, audio, a refusal, log probabilities), nor behind the end.
   */
  readonly canCarryOn: boolean
  /** The whole answer, once it has come to a plain end and was nothing but words; undefined: not yet, or not so. */
  readonly wholeText: string | undefined
  /**
   * Members to change so that a backend carries on behind the text shown; JSON text. Undefined: this answer cannot be
   * written on soundly, only asked for again (`regenerated`). They are changes to the client's body: apply them before
   * a provider's own, which may write `messages` anew. `body`: as that backend is told it, where that is not the
   * client's own.
   */
  continuation (how: Continuation, body?: JsonBody): Map<string, string | undefined> | undefined
  /**
   * Reads the new stream as the sequel of what was shown so far: `continued` writes on, `regenerated` starts again and
   * has to repeat what was shown, which is left out. One id, one role, one `created` and one `model` for the client.
   * `hasOutput` of the sequel turns true with the first thing the client does not have yet.
   * Its `push` throws StreamBroken when it turns out not to be the sequel; its `finish` then is not complete.
   */
  carryOn (reader: StreamReader, how: 'continued' | 'regenerated'): StreamReader
}

/** The bytes cannot be a stream of this wire, or not the sequel of the stream before. */
export class StreamBroken extends Error {}
