// What a client has got of a chat or completion stream, so that another attempt can carry it on.
//
// DESIGN. It reads what went out, not what came in: only whole events reach the client, so this is exactly what it
// knows. Anything beyond the text of one choice ends it for good, because the next model would not know of it: half a
// tool call, thoughts the answer rests on, log probabilities, a reason to stop. Each event is parsed; only requests
// whose streams may be carried on pay for that.

import type { Envelope } from '../../core/ask.ts'
import { JsonError, parseObject, type JsonBody, type JsonObject } from '../../core/json.ts'
import type { MemberChanges } from '../../core/json-edit.ts'
import type { Continuation, StreamReader, Transcript } from '../format.ts'
import { dataOf, eventsOf } from '../sse.ts'
import { continuationOf } from './continuation.ts'
import { headOf } from './sequel-event.ts'
import { Sequel, type SequelKind } from './sequel.ts'
import { isFilled, shownIn, type Shown } from './shown.ts'

const LONGEST_TEXT_BYTES = 1024 * 1024
/** Pieces joined at a time. Measured: added one by one, 1 MiB in pieces of 4 characters takes 14 MiB; joined, 1.1. */
const MOST_PIECES = 256
const DONE = '[DONE]'
const NO_HEAD: MemberChanges = new Map()

/**
 * Undefined: what the client asked for shows more than the text of one choice (several, log probabilities, audio), or
 * is not a stream.
 */
export function openTranscript (body: JsonBody, envelope: Envelope): Transcript | undefined {
  const { logprobs, modalities } = body.value
  const isSpoken = Array.isArray(modalities) && modalities.includes('audio')
  // `logprobs: 0` of a completion asks for those of the chosen tokens.
  const hasProbabilities = isFilled(logprobs)
  if (!envelope.isStream || envelope.choices > 1 || isSpoken || hasProbabilities) return undefined
  return new ChatTranscript(body)
}

class ChatTranscript implements Transcript {
  readonly #body: JsonBody
  #text = ''
  #pieces: string[] = []
  #textBytes = 0
  #head: MemberChanges | undefined
  #hasRole = false
  #canCarryOn = true
  #wholeText: string | undefined

  constructor (body: JsonBody) {
    this.#body = body
  }

  get canCarryOn (): boolean { return this.#canCarryOn }
  get wholeText (): string | undefined { return this.#wholeText }

  add (block: Buffer): void {
    if (!this.#canCarryOn) return
    try {
      for (const event of eventsOf(block.toString('latin1'))) this.#read(event)
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
      this.#giveUp() // nested deeper than any chunk of this wire
    }
  }

  continuation (how: Continuation, body = this.#body): Map<string, string | undefined> | undefined {
    return continuationOf(body, this.#join(), how)
  }

  carryOn (reader: StreamReader, how: SequelKind): StreamReader {
    return new Sequel(reader, { text: this.#join(), head: this.#head ?? NO_HEAD, hasRole: this.#hasRole }, how)
  }

  #read (event: string): void {
    const json = dataOf(event)?.trim()
    if (json === undefined || json === '') return
    const chunk = parseObject(json)
    if (chunk) this.#readChunk(chunk, json)
    else if (json === DONE || json.startsWith('{')) this.#giveUp() // the end, or damage that reached the client
  }

  #readChunk (chunk: JsonObject, json: string): void {
    if (!Array.isArray(chunk['choices'])) return this.#giveUp() // a stream of another kind (images)
    const shown = shownIn(chunk)
    if (!shown) return
    // Not the first event of all: Azure's has no choice, and neither id nor model.
    this.#head ??= headOf(json)
    this.#hasRole ||= shown.hasRole
    if (shown.thinks || shown.hasOther) return this.#giveUp()
    this.#keep(shown.text)
    if (shown.isLast) this.#end(shown)
  }

  #keep (text: string): void {
    this.#textBytes += Buffer.byteLength(text)
    if (this.#textBytes > LONGEST_TEXT_BYTES) return this.#giveUp()
    this.#pieces.push(text)
    if (this.#pieces.length >= MOST_PIECES) this.#join()
  }

  #end ({ isPlainEnd }: Shown): void {
    if (isPlainEnd && this.#canCarryOn) this.#wholeText = this.#join()
    this.#giveUp()
  }

  #join (): string {
    this.#text += this.#pieces.join('')
    this.#pieces = []
    return this.#text
  }

  #giveUp (): void {
    this.#canCarryOn = false
    this.#text = ''
    this.#pieces = []
  }
}
