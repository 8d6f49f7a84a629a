// Cuts a byte stream of server-sent events into blocks of whole events; the unfinished one waits for its rest.

import { StreamBroken } from './format.ts'

/** Longest unfinished event kept. A provider that never ends a line must not grow our memory. */
const LONGEST_EVENT_BYTES = 8 * 1024 * 1024
const LF = 0x0a
const CR = 0x0d

export class EventBlocks {
  #parts: Buffer[] = []
  #heldBytes = 0

  /**
   * All whole events so far, or undefined when none ended in this chunk.
   * @throws StreamBroken when one event is longer than 8 MiB.
   */
  push (chunk: Buffer): Buffer | undefined {
    const end = this.#lastBoundary(chunk)
    if (end === -1) {
      this.#hold(chunk)
      return undefined
    }
    const block = this.#heldBytes === 0 && end === chunk.length ? chunk : this.#release(chunk.subarray(0, end))
    if (end < chunk.length) this.#hold(chunk.subarray(end))
    return block
  }

  /** What is left without its blank line when the stream ended; undefined: nothing. */
  rest (): Buffer | undefined {
    return this.#heldBytes === 0 ? undefined : this.#release(undefined)
  }

  #release (last: Buffer | undefined): Buffer {
    const block = Buffer.concat(last ? [...this.#parts, last] : this.#parts)
    this.#parts = []
    this.#heldBytes = 0
    return block
  }

  #hold (part: Buffer): void {
    this.#heldBytes += part.length
    if (this.#heldBytes > LONGEST_EVENT_BYTES) throw new StreamBroken('one event is longer than 8 MiB')
    // A copy of a small rest frees the whole network buffer it was cut from.
    this.#parts.push(part.length < 4096 ? Buffer.from(part) : part)
  }

  /** One past the last blank line that ends in this chunk, or -1. Framing is LF, CRLF or CR, each may be split. */
  #lastBoundary (chunk: Buffer): number {
    const length = chunk.length
    if (length >= 2 && chunk[length - 1] === LF && chunk[length - 2] === LF) return length
    let at = chunk.lastIndexOf(LF)
    while (at !== -1) {
      if (this.#isBlankLine(chunk, at)) return at + 1
      at = at === 0 ? -1 : chunk.lastIndexOf(LF, at - 1)
    }
    return this.#lastBareReturns(chunk)
  }

  /** Whether the line that ends with the LF at `at` is empty; looks back into the held bytes when it must. */
  #isBlankLine (chunk: Buffer, at: number): boolean {
    const before = this.#byteAt(chunk, at - 1)
    if (before === LF) return true
    return before === CR && this.#byteAt(chunk, at - 2) === LF
  }

  #lastBareReturns (chunk: Buffer): number {
    for (let at = chunk.lastIndexOf(CR); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(CR, at - 1)) {
      if (this.#byteAt(chunk, at - 1) === CR) return at + 1
    }
    return -1
  }

  #byteAt (chunk: Buffer, at: number): number | undefined {
    if (at >= 0) return chunk[at]
    let back = -at
    for (let index = this.#parts.length - 1; index >= 0; index--) {
      const part = this.#parts[index] as Buffer
      if (part.length >= back) return part[part.length - back]
      back -= part.length
    }
    return undefined
  }
}
