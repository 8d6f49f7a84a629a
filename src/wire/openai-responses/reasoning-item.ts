// Reasoning of an answer: as a summary or as the text itself, and sealed where its provider wants it back as it was.
// https://platform.openai.com/docs/api-reference/responses-streaming/response/reasoning_summary_part

import type { JsonObject } from '../../core/json.ts'
import { itemAdded, itemDone, itemId, type ItemStatus, type OutputItem, type Place } from './output-item.ts'
import type { Piece } from './pieces.ts'
import { SealedDetails } from './sealed-details.ts'
import { Words } from './words.ts'

/** What tells a summary from the text in an item's members and events. */
const STYLES = {
  summary: {
    part: 'response.reasoning_summary_part',
    text: 'response.reasoning_summary_text',
    index: 'summary_index',
    type: 'summary_text'
  },
  content: {
    part: 'response.content_part',
    text: 'response.reasoning_text',
    index: 'content_index',
    type: 'reasoning_text'
  }
} as const
type Style = keyof typeof STYLES

export interface ReasoningWishes {
  /** The client asked for a summary: programs that did show nothing else. */
  readonly wantsSummary: boolean
  /** The client asked for encrypted reasoning: some programs give back nothing else. */
  readonly wantsSealed: boolean
}

export class ReasoningItem implements OutputItem {
  readonly mayEnd = true
  readonly #place: Place
  readonly #id: string
  readonly #wishes: ReasoningWishes
  readonly #words = new Words()
  readonly #details = new SealedDetails()
  #style: Style | undefined
  #isOpen = false

  constructor (place: Place, wishes: ReasoningWishes) {
    this.#place = place
    this.#id = itemId('rs', place)
    this.#wishes = wishes
  }

  takes (piece: Piece): boolean {
    if (piece.kind !== 'thought') return false
    return piece.text === '' || this.#style === undefined || this.#style === this.#styleOf(piece.isSummary)
  }

  add (piece: Piece): string {
    const opened = this.#open()
    if (piece.kind !== 'thought') return opened
    this.#details.add(piece.detail ?? { type: 'reasoning.text', text: piece.text, format: 'unknown' })
    return piece.text === '' ? opened : opened + this.#think(piece.text, this.#styleOf(piece.isSummary))
  }

  close (status: ItemStatus): string {
    return this.#open() + this.#endPart() + itemDone(this.#place, this.value(status))
  }

  value (status: ItemStatus): JsonObject {
    const text = this.#style && this.#part(this.#style)
    return {
      type: 'reasoning',
      id: this.#id,
      summary: text && this.#style === 'summary' ? [text] : [],
      ...text && this.#style === 'content' && { content: [text] },
      encrypted_content: status === 'in_progress' ? null : this.#details.sealed(this.#wishes.wantsSealed) ?? null,
      status
    }
  }

  #styleOf (isSummary: boolean): Style {
    return isSummary || this.#wishes.wantsSummary ? 'summary' : 'content'
  }

  #open (): string {
    if (this.#isOpen) return ''
    this.#isOpen = true
    return itemAdded(this.#place, this.value('in_progress'))
  }

  #think (text: string, style: Style): string {
    let told = ''
    if (this.#style === undefined) {
      this.#style = style
      told = this.#write('part', '.added', { part: this.#part(style) })
    }
    this.#words.add(text)
    return told + this.#write('text', '.delta', { delta: text })
  }

  #endPart (): string {
    if (this.#style === undefined) return ''
    const part = this.#part(this.#style)
    return this.#write('text', '.done', { text: part['text'] }) + this.#write('part', '.done', { part })
  }

  #part (style: Style): JsonObject {
    return { type: STYLES[style].type, text: this.#words.whole }
  }

  #write (what: 'part' | 'text', step: string, members: JsonObject): string {
    const style = STYLES[this.#style ?? 'content']
    const { events, outputIndex } = this.#place
    const place = { item_id: this.#id, output_index: outputIndex, [style.index]: 0 }
    return events.write(style[what] + step, { ...place, ...members })
  }
}
