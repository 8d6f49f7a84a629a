// Tells the answer to one request as a message.

import type { JsonObject } from '../../core/json.ts'
import type { Identity } from '../format.ts'
import type { StreamTeller, Teller } from '../translated.ts'
import { messageOf, type Asked } from './answer.ts'
import { MessageStream } from './stream.ts'

export class MessageTeller implements Teller {
  readonly #asked: Asked

  constructor (asked: Asked) {
    this.#asked = asked
  }

  tellAnswer (chat: JsonObject, identity: Identity | undefined): JsonObject {
    return messageOf(chat, messageIdOf(identity), this.#asked)
  }

  openStream (identity: Identity | undefined): StreamTeller {
    return new MessageStream(messageIdOf(identity), this.#asked)
  }
}

/** The generation's id in their spelling: `msg_` for `gen-`. */
export function messageIdOf (identity: Identity | undefined): string {
  return `msg_${(identity?.id ?? '').replace(/^gen-/, '')}`
}
