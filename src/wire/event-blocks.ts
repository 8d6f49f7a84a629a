// Cuts a byte stream of server-sent events into blocks of whole events; the unfinished one waits for its rest.

import { StreamBroken } from './format.ts'

/** Longest unfinished event kept. A provider that never ends a line must not grow our memory. */
export const LONGEST_EVENT_BYTES = 1024 * 1024
/** A picture comes in one event; the largest that models draw are below 10 MiB in base64. */
export const LONGEST_IMAGE_EVENT_BYTES = 16 * 1024 * 1024
/** Where an event says that it holds a picture, one of these stands in its beginning. */
const IMAGE_MARKS = ['base64,', '"b64_json"']
const BEGINNING_BYTES = 4_096
/** A larger buffer is given back with its event. */
const LARGEST_KEPT_BYTES = 64 * 1024
const LF = 0x0a
const CR = 0x0d

export class EventBlocks {
  /** The unfinished event is in the first bytes; it grows by doubling, so that tiny chunks cost no more than large. */
  #held = Buffer.alloc(0)
  #heldBytes = 0

  /**
   * All whole events so far, or undefined when none ended in this chunk.
   * @throws StreamBroken when one event is longer than 1 MiB, or than 16 MiB with a picture in it.
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
    return this.#heldBytes === 0 ? undefined : this.#release(Buffer.alloc(0))
  }

  #release (last: Buffer): Buffer {
    if (this.#heldBytes === 0) return last
    const block = Buffer.concat([this.#held.subarray(0, this.#heldBytes), last])
    this.#heldBytes = 0
    if (this.#held.length > LARGEST_KEPT_BYTES) this.#held = Buffer.alloc(0)
    return block
  }

  #hold (part: Buffer): void {
    const bytes = this.#heldBytes + part.length
    if (bytes > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#held.length))
      this.#held.copy(grown, 0, 0, this.#heldBytes)
      this.#held = grown
    }
    part.copy(this.#held, this.#heldBytes)
    this.#heldBytes = bytes
    if (bytes > LONGEST_EVENT_BYTES) this.#refuseLong(bytes)
  }

  #refuseLong (bytes: number): void {
    const beginning = this.#held.toString('latin1', 0, BEGINNING_BYTES)
    const isImage = IMAGE_MARKS.some((mark) => beginning.includes(mark))
    if (!isImage) throw new StreamBroken('one event is longer than 1 MiB')
    if (bytes > LONGEST_IMAGE_EVENT_BYTES) throw new StreamBroken('one event is longer than 16 MiB')
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
    const back = this.#heldBytes + at
    return back >= 0 ? this.#held[back] : undefined
  }
}
