// A credential that cannot be printed by accident: every common way to turn it into text shows a mask.

import { inspect } from 'node:util'

const MASK = '[secret]'
const SHORTEST_SECRET = 8

export class Secret {
  readonly #value: string

  constructor (value: string) {
    this.#value = value
  }

  /** The only way out. Call it where the header is written, and nowhere else. */
  reveal (): string {
    return this.#value
  }

  /**
   * The text with a mask wherever the value stands in it, also as some JSON writers spell it: providers echo what they
   * were sent. A value too short to be a secret ("none", "json") would only mutilate the text.
   */
  hideIn (text: string): string {
    if (this.#value.length < SHORTEST_SECRET) return text
    const hidden = text.replaceAll(this.#value, MASK)
    return this.#value.includes('/') ? hidden.replaceAll(this.#value.replaceAll('/', '\\/'), MASK) : hidden
  }

  /** Masked: never enough to use, enough to tell two keys apart. */
  get hint (): string {
    return this.#value.length < 16 ? '…' : `…${this.#value.slice(-4)}`
  }

  toString (): string { return MASK }
  toJSON (): string { return MASK }
  [inspect.custom] (): string { return MASK }
}
