// A message of an answer: texts with their citations, and refusals, each a part of its own.
// https://platform.openai.com/docs/api-reference/responses-streaming/response/content_part

import type { JsonObject } from '../../core/json.ts'
import { itemAdded, itemDone, itemId, type ItemStatus, type OutputItem, type Place } from './output-item.ts'
import type { Piece, PieceOf } from './pieces.ts'
import { Words } from './words.ts'

interface Part {
  readonly kind: 'text' | 'refusal'
  readonly words: Words
  readonly annotations: JsonObject[]
  readonly logprobs: JsonObject[]
}

export class MessageItem implements OutputItem {
  readonly mayEnd = true
  readonly #place: Place
  readonly #id: string
  readonly #parts: Part[] = []
  #isOpen = false

  constructor (place: Place) {
    this.#place = place
    this.#id = itemId('msg', place)
  }

  takes ({ kind }: Piece): boolean {
    return kind === 'text' || kind === 'refusal' || kind === 'annotations'
  }

  add (piece: Piece): string {
    const opened = this.#open()
    if (piece.kind === 'annotations') return opened + this.#cite(piece)
    return piece.kind === 'text' || piece.kind === 'refusal' ? opened + this.#say(piece) : opened
  }

  close (status: ItemStatus): string {
    return this.#open() + this.#endPart() + itemDone(this.#place, this.value(status))
  }

  value (status: ItemStatus): JsonObject {
    return { type: 'message', id: this.#id, role: 'assistant', status, content: this.#parts.map(partOf) }
  }

  #open (): string {
    if (this.#isOpen) return ''
    this.#isOpen = true
    return itemAdded(this.#place, this.value('in_progress'))
  }

  #say ({ kind, text, logprobs = [] }: PieceOf<'text' | 'refusal'>): string {
    const begun = this.#part(kind)
    const part = this.#parts.at(-1) as Part
    part.words.add(text)
    for (const each of logprobs) part.logprobs.push(each)
    return begun + (kind === 'text'
      ? this.#write('response.output_text.delta', { delta: text, logprobs: [...logprobs] })
      : this.#write('response.refusal.delta', { delta: text }))
  }

  #cite ({ list }: PieceOf<'annotations'>): string {
    let told = this.#part('text')
    const { annotations } = this.#parts.at(-1) as Part
    for (const annotation of list) {
      told += this.#write('response.output_text.annotation.added', { annotation_index: annotations.length, annotation })
      annotations.push(annotation)
    }
    return told
  }

  /** The last part is of that kind afterwards. */
  #part (kind: Part['kind']): string {
    if (this.#parts.at(-1)?.kind === kind) return ''
    const ended = this.#endPart()
    const part: Part = { kind, words: new Words(), annotations: [], logprobs: [] }
    this.#parts.push(part)
    return ended + this.#write('response.content_part.added', { part: partOf(part) })
  }

  #endPart (): string {
    const part = this.#parts.at(-1)
    if (!part) return ''
    const value = partOf(part)
    const done = part.kind === 'text'
      ? this.#write('response.output_text.done', { text: value['text'], logprobs: value['logprobs'] })
      : this.#write('response.refusal.done', { refusal: value['refusal'] })
    return done + this.#write('response.content_part.done', { part: value })
  }

  #write (type: string, members: JsonObject): string {
    const { events, outputIndex } = this.#place
    return events.write(type, {
      item_id: this.#id, output_index: outputIndex, content_index: this.#parts.length - 1, ...members
    })
  }
}

function partOf ({ kind, words: { whole: text }, annotations, logprobs }: Part): JsonObject {
  return kind === 'text' ? { type: 'output_text', text, annotations, logprobs } : { type: 'refusal', refusal: text }
}
