// Who speaks: items go out one after the other, whatever the order in which their pieces come.
//
// One item has the floor, and its pieces go out at once. Those of another wait until it may end: a text or a thought
// may whenever something else comes, a call when its arguments are a whole JSON object, or with the answer.

import type { JsonObject } from '../../core/json.ts'
import { CallItem } from './call-item.ts'
import type { EventWriter } from './event-writer.ts'
import { ImageItem } from './image-item.ts'
import { MessageItem } from './message-item.ts'
import type { ItemStatus, OutputItem, Place } from './output-item.ts'
import type { Piece } from './pieces.ts'
import { ReasoningItem, type ReasoningWishes } from './reasoning-item.ts'
import type { ToolNames } from './tool-names.ts'

export interface FloorParts extends ReasoningWishes {
  readonly events: EventWriter
  readonly suffix: string
  readonly names: ToolNames
}

/** An item with the pieces that wait. */
interface Speaker {
  readonly item: OutputItem
  readonly waiting: Piece[]
  /** Of a call. */
  readonly callId: string
  hasEnded: boolean
}

export class Floor {
  readonly #parts: FloorParts
  readonly #calls = new Map<number, Speaker>()
  readonly #done: JsonObject[] = []
  #speaker: Speaker | undefined
  /** Those who wait are from `#turn` on. */
  #queue: Speaker[] = []
  #turn = 0
  /** Items so far, waiting ones too. */
  count = 0

  constructor (parts: FloorParts) {
    this.#parts = parts
  }

  take (piece: Piece): string {
    const speaker = this.#speakerOf(piece)
    if (speaker === this.#speaker) return speaker.item.add(piece)
    if (speaker.hasEnded) return '' // of a call that had come to its end
    speaker.waiting.push(piece)
    return this.#advance(false)
  }

  /** Lets all speak that wait. `last`: how the last item ends. */
  close (last: ItemStatus): string {
    return this.#advance(true) + this.#endSpeaker(last)
  }

  /** The items that are done and, of an answer that broke, those that are not. */
  items (): JsonObject[] {
    const left = [...this.#speaker ? [this.#speaker] : [], ...this.#queue.slice(this.#turn)]
    return [...this.#done, ...left.map(({ item }) => item.value('incomplete'))]
  }

  #advance (isAll: boolean): string {
    let told = ''
    for (let next = this.#next(isAll); next; next = this.#next(isAll)) {
      told += this.#endSpeaker('completed')
      this.#speaker = next
      for (const piece of next.waiting.splice(0)) told += next.item.add(piece)
    }
    return told
  }

  /** Whose turn it is now, off the queue. */
  #next (isAll: boolean): Speaker | undefined {
    if (!isAll && this.#speaker && !this.#speaker.item.mayEnd) return undefined
    const next = this.#queue[this.#turn++]
    if (next) return next
    this.#queue = []
    this.#turn = 0
    return undefined
  }

  #endSpeaker (status: ItemStatus): string {
    if (!this.#speaker) return ''
    const { item } = this.#speaker
    this.#speaker.hasEnded = true
    this.#speaker = undefined
    const told = item.close(status)
    this.#done.push(item.value(status))
    return told
  }

  #speakerOf (piece: Piece): Speaker {
    if (piece.kind === 'call') {
      const known = this.#calls.get(piece.index)
      // Some servers count from 0 again with each call: another id is another call.
      if (known && (piece.id === '' || known.callId === '' || piece.id === known.callId)) return known
    } else {
      const last = this.#queue[this.#queue.length - 1] ?? this.#speaker
      if (last?.item.takes(piece)) return last
    }
    return this.#enqueue(piece)
  }

  #enqueue (piece: Piece): Speaker {
    const { events, suffix } = this.#parts
    const item = this.#itemFor(piece, { events, suffix, outputIndex: this.count++ })
    const speaker = { item, waiting: [], callId: piece.kind === 'call' ? piece.id : '', hasEnded: false }
    if (piece.kind === 'call') this.#calls.set(piece.index, speaker)
    this.#queue.push(speaker)
    return speaker
  }

  #itemFor ({ kind }: Piece, place: Place): OutputItem {
    if (kind === 'call') return new CallItem(place, this.#parts.names)
    if (kind === 'image') return new ImageItem(place)
    return kind === 'thought' ? new ReasoningItem(place, this.#parts) : new MessageItem(place)
  }
}
