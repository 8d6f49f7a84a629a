// Tells a chat as a response: a whole one at once, a stream event by event.
//
// What must hold: the first event is `response.created`, numbers rise by one from 0, items come one after the other,
// and exactly one terminal event comes, last: `completed` or `incomplete` behind a whole chat, `failed` otherwise.
// An item that is not done when a stream breaks is never told as done: clients run a call as soon as it is.

import { asObject, type JsonObject } from '../../core/json.ts'
import type { GatewayError } from '../../core/errors.ts'
import { StreamBroken, type Identity } from '../format.ts'
import { choicesOf } from '../openai-chat/output.ts'
import type { StreamTeller, Teller } from '../translated.ts'
import { failureOf } from './errors.ts'
import { NO_EVENTS, NumberedEvents } from './event-writer.ts'
import { Floor } from './floor.ts'
import { piecesOf, sizeOf, type Piece } from './pieces.ts'
import type { ReasoningWishes } from './reasoning-item.ts'
import { begunResponse, endedResponse, failedResponse, incompleteFor, suffixOf, type ResponseFacts } from './response.ts'
import type { ToolNames } from './tool-names.ts'

/**
 * What a stream may say, in characters: its closing events repeat all of it, so it is held. A model writes some four
 * characters a token, and none of today writes a million tokens at once.
 */
const MOST_CHARACTERS = 4 * 1024 * 1024
const MOST_ITEMS = 1_024

export interface TellerParts extends ReasoningWishes {
  readonly echo: JsonObject
  readonly names: ToolNames
}

export class ResponseTeller implements Teller {
  readonly #parts: TellerParts

  constructor (parts: TellerParts) {
    this.#parts = parts
  }

  tellAnswer (chat: JsonObject, identity: Identity | undefined): JsonObject {
    const facts = { echo: this.#parts.echo, identity: identity ?? identityOf(String(chat['id'])) }
    const floor = new Floor({ ...this.#parts, events: NO_EVENTS, suffix: suffixOf(facts.identity) })
    const choice = choicesOf(chat)[0] ?? {}
    for (const piece of piecesOf(asObject(choice['message']) ?? {}, choice['logprobs'])) floor.take(piece)
    const reason = String(choice['finish_reason'])
    floor.close(incompleteFor(reason) === undefined ? 'completed' : 'incomplete')
    return endedResponse(facts, { reason, members: chat }, floor.items())
  }

  openStream (identity: Identity | undefined): StreamTeller {
    return new ResponseStream(this.#parts, identity)
  }
}

class ResponseStream implements StreamTeller {
  readonly #parts: TellerParts
  readonly #identity: Identity | undefined
  readonly #events = new NumberedEvents()
  readonly #members: JsonObject = {}
  #floor: Floor | undefined
  #facts: ResponseFacts | undefined
  #reason: string | undefined
  #characters = 0

  constructor (parts: TellerParts, identity: Identity | undefined) {
    this.#parts = parts
    this.#identity = identity
  }

  tell (chunk: JsonObject): string {
    for (const name in chunk) if (chunk[name] !== null) this.#members[name] = chunk[name]
    const choice = choicesOf(chunk)[0]
    if (!choice) return ''
    if (typeof choice['finish_reason'] === 'string') this.#reason = choice['finish_reason']
    let told = ''
    for (const piece of piecesOf(asObject(choice['delta']) ?? {}, choice['logprobs'])) told += this.#take(piece)
    return told
  }

  end (): string {
    const cause = incompleteFor(this.#reason)
    const begun = this.#begin(undefined)
    const { floor, facts } = this.#begun()
    const closed = floor.close(cause === undefined ? 'completed' : 'incomplete')
    const response = endedResponse(facts, { reason: this.#reason, members: this.#members }, floor.items())
    return begun + closed + this.#events.write(`response.${response['status'] as string}`, { response })
  }

  fail (error: GatewayError, requestId: string): string {
    const begun = this.#begin(requestId)
    const { floor, facts } = this.#begun()
    const response = failedResponse(facts, this.#members, floor.items(), failureOf(error, requestId))
    return begun + this.#events.write('response.failed', { response })
  }

  /** @throws StreamBroken when it says more than may be held. */
  #take (piece: Piece): string {
    this.#characters += sizeOf(piece)
    if (this.#characters > MOST_CHARACTERS) throw new StreamBroken(`more than ${MOST_CHARACTERS} characters`)
    const begun = this.#begin(undefined)
    const { floor } = this.#begun()
    const told = floor.take(piece)
    if (floor.count > MOST_ITEMS) throw new StreamBroken(`more than ${MOST_ITEMS} items`)
    return begun + told
  }

  /** Behind the first output: what a provider sends before it is no answer yet, and may have to be forgotten. */
  #begin (requestId: string | undefined): string {
    if (this.#floor) return ''
    const identity = this.#identity ?? identityOf(requestId ?? '')
    this.#facts = { identity, echo: this.#parts.echo }
    this.#floor = new Floor({ ...this.#parts, events: this.#events, suffix: suffixOf(identity) })
    const response = begunResponse(this.#facts, this.#members)
    return this.#events.write('response.created', { response }) + this.#events.write('response.in_progress', { response })
  }

  #begun (): { floor: Floor, facts: ResponseFacts } {
    return { floor: this.#floor as Floor, facts: this.#facts as ResponseFacts }
  }
}

/** Of an exchange that came to no attempt: its id has its time. */
function identityOf (id: string): Identity {
  return { id, model: '', createdS: Math.floor(Number(id.split('-')[1])) || 0 }
}
