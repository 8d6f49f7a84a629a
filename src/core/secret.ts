// A credential that cannot be printed by accident: every common way to turn it into text shows a mask.

import { inspect } from 'node:util'

export class Secret {
  readonly #value: string

  constructor (value: string) {
    this.#value = value
  }

  /** The only way out. Call it where the header is written, and nowhere else. */
  reveal (): string {
    return this.#value
  }

  /** Masked: never enough to use, enough to tell two keys apart. */
  get hint (): string {
    return this.#value.length < 16 ? '…' : `…${this.#value.slice(-4)}`
  }

  toString (): string { return '[secret]' }
  toJSON (): string { return '[secret]' }
  [inspect.custom] (): string { return '[secret]' }
}
