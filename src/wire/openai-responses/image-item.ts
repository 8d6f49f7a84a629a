// An image of an answer, which comes whole. https://platform.openai.com/docs/api-reference/responses/object

import type { JsonObject } from '../../core/json.ts'
import { itemAdded, itemDone, itemId, type ItemStatus, type OutputItem, type Place } from './output-item.ts'
import type { Piece } from './pieces.ts'

export class ImageItem implements OutputItem {
  readonly mayEnd = true
  readonly #place: Place
  #result: string | null = null

  constructor (place: Place) {
    this.#place = place
  }

  takes (): boolean {
    return false
  }

  add (piece: Piece): string {
    const opened = itemAdded(this.#place, this.value('in_progress'))
    if (piece.kind === 'image') this.#result = piece.result
    return opened
  }

  close (status: ItemStatus): string {
    return itemDone(this.#place, this.value(status))
  }

  /** `result`: base64, or the address of the image where its provider gives that. */
  value (status: ItemStatus): JsonObject {
    return { type: 'image_generation_call', id: itemId('ig', this.#place), status, result: this.#result }
  }
}
