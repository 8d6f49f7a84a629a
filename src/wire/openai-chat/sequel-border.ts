// Where the text of a sequel goes beyond the text the client has.
//
// DESIGN. Texts are compared as the client's JSON parser reads them, UTF-16 unit by unit: nothing is trimmed, folded or
// normalised, because the client shows exactly these. A sequel that begins with a space the first text did not have is
// another text.

import { StreamBroken } from '../format.ts'
import { SHORTEST_REPETITION } from './continuation.ts'

export interface Border {
  /**
   * Takes the next piece of the sequel's text and gives what of it, and of the pieces before, the client lacks.
   * @throws StreamBroken when the text is another one.
   */
  take (piece: string): string
  /**
   * The text ends, or something that is not text comes: gives what was held back.
   * @throws StreamBroken when the text the client has was not reached.
   */
  close (): string
  /**
   * Whether reasoning that comes now is for the client.
   * @throws StreamBroken when reasoning here shows that the sequel is none.
   */
  showsThought (): boolean
}

/** A text asked for again: it has to repeat the shown one first. */
export class RepeatedText implements Border {
  readonly #shown: string
  #matched = 0

  constructor (shown: string) {
    this.#shown = shown
  }

  take (piece: string): string {
    const known = piece.slice(0, this.#shown.length - this.#matched)
    if (!this.#shown.startsWith(known, this.#matched)) throw new StreamBroken('the new answer is another one')
    this.#matched += known.length
    return piece.slice(known.length)
  }

  close (): string {
    if (this.#matched < this.#shown.length) throw new StreamBroken('the new answer ends before the text already shown')
    return ''
  }

  /** The client was shown the beginning of an answer without any; thoughts about it now would stand behind it. */
  showsThought (): boolean {
    return this.#matched === this.#shown.length
  }
}

/**
 * A text that is written on is new from its first unit. Some servers repeat the beginning they were given: a text that
 * begins with all of it is taken for such a repetition, if the beginning is long enough to tell. Until that is clear
 * text is held back, and none is lost: it is the beginning of the text shown, so only its length is kept.
 */
export class ContinuedText implements Border {
  readonly #shown: string
  #matched = 0
  #isClear: boolean
  #hasNew = false

  constructor (shown: string) {
    this.#shown = shown
    this.#isClear = shown.length < SHORTEST_REPETITION
  }

  take (piece: string): string {
    const fresh = this.#isClear ? piece : this.#compare(piece)
    this.#hasNew ||= fresh !== ''
    return fresh
  }

  close (): string {
    const held = this.#isClear ? '' : this.#shown.slice(0, this.#matched)
    this.#isClear = true
    this.#hasNew = true
    return held
  }

  /**
   * A model that writes on does not think first. One that does began a turn of its own, or its server takes the text
   * for reasoning (https://github.com/vllm-project/vllm/pull/38749).
   */
  showsThought (): boolean {
    if (!this.#hasNew) throw new StreamBroken('the new answer thinks instead of carrying on')
    return true
  }

  #compare (piece: string): string {
    const known = piece.slice(0, this.#shown.length - this.#matched)
    if (!this.#shown.startsWith(known, this.#matched)) {
      this.#isClear = true
      return this.#shown.slice(0, this.#matched) + piece
    }
    this.#matched += known.length
    this.#isClear = this.#matched === this.#shown.length
    return piece.slice(known.length)
  }
}
