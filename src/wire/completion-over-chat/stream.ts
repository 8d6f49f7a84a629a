// A stream of a chat told as the stream of a completion, event by event, as it comes.

import { parseObject } from '../../core/json.ts'
import { StreamBroken, type StreamEnd, type StreamReader } from '../format.ts'
import { dataOf, eventsOf } from '../sse.ts'
import { lostIn, toldAsText } from './choice.ts'

const DONE = '[DONE]'
const DATA = Buffer.from('data: ')
const END = Buffer.from('\n\n')

export class TextStream implements StreamReader {
  readonly #chat: StreamReader
  #losses: readonly string[] = []

  /** `chat` gives the events a chat's client would get. */
  constructor (chat: StreamReader) {
    this.#chat = chat
  }

  get events () { return this.#chat.events }
  get hasOutput () { return this.#chat.hasOutput }
  get dropped () { return this.#chat.dropped }
  get isDone () { return this.#chat.isDone }
  get error () { return this.#chat.error }
  get usage () { return this.#chat.usage }
  get isUsageSoFar () { return this.#chat.isUsageSoFar === true }
  get upstreamId () { return this.#chat.upstreamId }
  get finished () { return this.#chat.finished }
  get losses () { return this.#losses }

  /** @throws StreamBroken */
  push (chunk: Buffer): Buffer | undefined {
    return this.#tell(this.#chat.push(chunk))
  }

  finish (): StreamEnd {
    const ended = this.#chat.finish()
    return { ...ended, tail: this.#tell(ended.tail) }
  }

  #tell (block: Buffer | undefined): Buffer | undefined {
    if (!block) return undefined
    const events = eventsOf(block.toString('latin1')).map((event) => this.#tellEvent(event))
    return Buffer.concat(events)
  }

  /** Comments and the sentinel are the same in both. */
  #tellEvent (event: string): Buffer {
    const json = dataOf(event)
    if (json === undefined || json.trim() === DONE) return Buffer.from(event, 'latin1')
    const chunk = parseObject(json)
    if (!chunk) throw new StreamBroken('an event cannot be told as text')
    const lost = lostIn(chunk)
    if (lost.length > 0) this.#losses = [...new Set([...this.#losses, ...lost])]
    const told = toldAsText(Buffer.from(json.replace(/\n/g, ' ')), chunk)
    return Buffer.concat([DATA, told, END])
  }
}
