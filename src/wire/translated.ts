// Dialects that clients ask in and no backend speaks here: each request is told as a chat, each chat as its answer.
//
// DESIGN. The chat is the hub: planning, budgets, metering, failover and health see chats only, so a dialect is three
// things of its own: how a request becomes a chat, how a chat becomes an answer, and how a failure is told. Answers are
// told from what a chat client would get (`finishAnswer`, `ChatStream`), so reasons to stop, reasoning and usage are
// already in one spelling. What must hold:
// - A stream's last events are told from the chat's tail only, behind the provider's own terminal event (P6).
// - What a chat cannot say is named in `losses`, never dropped in silence.

import type { WireName } from '../core/ask.ts'
import type { GatewayError } from '../core/errors.ts'
import { JsonError, parseObject, skipSpace, skipValue, type JsonObject } from '../core/json.ts'
import { StreamBroken, type Identity, type StreamEnd, type StreamOptions, type StreamReader, type WireFormat } from './format.ts'
import { openaiChat } from './openai-chat/index.ts'
import { dataOf, eventsOf } from './sse.ts'

export interface AskingWire {
  readonly name: WireName
  /**
   * What the body asks, as a chat.
   * @throws GatewayError `invalid_body`, `missing_model`: it is no request of this wire, or nothing a chat can answer.
   */
  interpret (body: JsonObject): Interpreted
  encodeError: WireFormat['encodeError']
  errorHeaders: WireFormat['errorHeaders']
  /** Where its SDKs look for the id of an answer, beside `x-request-id`. In lower case. */
  readonly idHeader?: string
  /** Keeps a waiting stream open and means nothing. */
  readonly keepAlive: Buffer
}

export interface Interpreted {
  /** Body of a chat in OpenRouter's dialect. */
  readonly chat: JsonObject
  /** Members that a chat cannot say, by their names here. */
  readonly losses: readonly string[]
  /** Keeps what the answer repeats of the request. */
  readonly teller: Teller
}

/** Tells the answer of one request. */
export interface Teller {
  /** `chat`: a whole `chat.completion` as a chat client would get it. */
  tellAnswer (chat: JsonObject, identity: Identity | undefined): JsonObject
  openStream (identity: Identity | undefined): StreamTeller
}

/** Each method gives whole events as text, '' for none. */
export interface StreamTeller {
  /**
   * One chunk as a chat client would get it; the one with `usage` comes last.
   * @throws StreamBroken when it cannot be told.
   */
  tell (chunk: JsonObject): string
  /** The chat is whole. Called once, behind the last chunk. */
  end (): string
  /** It broke; called at most once, and nothing follows. */
  fail (error: GatewayError, requestId: string): string
}

/** Fewer bytes cannot be nested too deeply. */
const SHALLOW_BYTES = 256

/** The wire of one request: its exchange works on the chat, and tells it through this. */
export function translatedWire (asking: AskingWire, teller: Teller): WireFormat {
  let stream: StreamTeller | undefined
  const { name, encodeError, errorHeaders, idHeader, keepAlive } = asking
  return {
    ...openaiChat,
    name,
    isTranslated: true,
    idHeader,
    readAnswer: (bytes, type, task) => isTooDeep(bytes) ? undefined : openaiChat.readAnswer(bytes, type, task),
    finishAnswer (answer, additions) {
      const chat = parseObject(openaiChat.finishAnswer(answer, additions).toString())
      if (!chat) return answer.bytes // no object: the exchange takes it for broken before it comes here
      return Buffer.from(JSON.stringify(teller.tellAnswer(chat, additions.identity)))
    },
    createStream (options: StreamOptions) {
      stream = teller.openStream(options.identity) // each attempt tells its own from the beginning
      return new TranslatedStream(openaiChat.createStream(options), stream, keepAlive.toString('latin1'))
    },
    openTranscript: () => undefined, // what went out is no chat, and another attempt could not carry it on
    keepAlive: (contentType) => contentType.startsWith('text/event-stream') ? keepAlive : undefined,
    encodeError,
    errorHeaders,
    errorFrame (error, requestId, { isHeld }) {
      const told = isHeld ? undefined : stream
      return Buffer.from((told ?? teller.openStream(undefined)).fail(error, requestId))
    }
  }
}

/** Reads a chat, and gives its events in another dialect. */
class TranslatedStream implements StreamReader {
  readonly #chat: StreamReader
  readonly #teller: StreamTeller
  readonly #keepAlive: string

  constructor (chat: StreamReader, teller: StreamTeller, keepAlive: string) {
    this.#chat = chat
    this.#teller = teller
    this.#keepAlive = keepAlive
  }

  push (chunk: Buffer): Buffer | undefined {
    return bytesOf(this.#tell(this.#chat.push(chunk)))
  }

  finish (): StreamEnd {
    const { isComplete, isEmpty, tail } = this.#chat.finish()
    try {
      const told = this.#tell(tail)
      return { isComplete, isEmpty, tail: bytesOf(isComplete ? told + this.#teller.end() : told) }
    } catch (error) {
      if (error instanceof StreamBroken) return { isComplete: false, isEmpty: false, tail: undefined }
      throw error
    }
  }

  get events () { return this.#chat.events }
  get hasOutput () { return this.#chat.hasOutput }
  get dropped () { return this.#chat.dropped }
  get isDone () { return this.#chat.isDone }
  get error () { return this.#chat.error }
  get usage () { return this.#chat.usage }
  get isUsageSoFar () { return this.#chat.isUsageSoFar ?? false }
  get upstreamId () { return this.#chat.upstreamId }
  get finished () { return this.#chat.finished }

  #tell (block: Buffer | undefined): string {
    if (!block) return ''
    let told = ''
    for (const event of eventsOf(block.toString('latin1'))) {
      const json = dataOf(event)
      if (json !== undefined && isTooDeep(json)) throw new StreamBroken('an event is nested too deeply')
      const chunk = json === undefined ? undefined : parseObject(json)
      told += chunk ? this.#teller.tell(chunk) : json === undefined ? this.#keepAlive : '' // a comment, or [DONE]
    }
    return told
  }
}

/** What is told anew is written anew, and what is nested by the thousand cannot be written. */
function isTooDeep (json: Buffer | string): boolean {
  if (json.length < SHALLOW_BYTES) return false
  const bytes = typeof json === 'string' ? Buffer.from(json) : json
  try {
    skipValue(bytes, skipSpace(bytes, 0))
    return false
  } catch (error) {
    if (error instanceof JsonError) return true
    throw error
  }
}

function bytesOf (text: string): Buffer | undefined {
  return text === '' ? undefined : Buffer.from(text)
}
