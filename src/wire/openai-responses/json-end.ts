// Whether pieces of text make a whole JSON object so far, told without keeping them.

const OPENING = new Set(['{', '['])
const CLOSING = new Set(['}', ']'])

export class JsonEnd {
  #depth = 0
  #isString = false
  #isEscaped = false
  /** An object began and ended: only space can follow. */
  isWhole = false

  add (text: string): void {
    for (const character of text) this.#read(character)
  }

  #read (character: string): void {
    if (this.#isString) return this.#readInString(character)
    if (character === '"') this.#isString = true
    else if (OPENING.has(character)) this.#depth++
    else if (CLOSING.has(character)) this.isWhole = --this.#depth === 0
  }

  #readInString (character: string): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (character === '\\') this.#isEscaped = true
    else if (character === '"') this.#isString = false
  }
}
