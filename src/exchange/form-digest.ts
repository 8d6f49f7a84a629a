// The digest of a form without its boundary, which clients choose anew for every try.

import { createHash } from 'node:crypto'

const NOTHING = Buffer.alloc(0)
/** Stands for each boundary; a content that holds these bytes only makes two requests of one client look the same. */
const BORDER = Buffer.from('\0--\0')

/** Feed it every chunk in order. Memory is bounded by one boundary and one chunk. */
export class FormDigest {
  readonly #hash = createHash('sha256')
  readonly #delimiter: Buffer
  /** May be the beginning of a boundary. */
  #tail: Buffer = NOTHING

  constructor (boundary: string) {
    this.#delimiter = Buffer.from(`--${boundary}`)
  }

  push (chunk: Buffer): void {
    let rest = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk])
    for (let at = rest.indexOf(this.#delimiter); at >= 0; at = rest.indexOf(this.#delimiter)) {
      this.#hash.update(rest.subarray(0, at)).update(BORDER)
      rest = rest.subarray(at + this.#delimiter.length)
    }
    const settled = Math.max(0, rest.length - this.#delimiter.length + 1)
    this.#hash.update(rest.subarray(0, settled))
    this.#tail = rest.subarray(settled)
  }

  end (): Buffer {
    return this.#hash.update(this.#tail).digest()
  }
}
