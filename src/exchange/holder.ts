// A stream held back until it is whole (`atomic`), with a bound for each and for all of them together.

import type { Client } from './client.ts'

/** What all held streams of the process may take. */
export class HeldBytes {
  readonly #limit: number
  #taken = 0

  /** @param limit bytes. */
  constructor (limit: number) {
    this.#limit = limit
  }

  take (bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false
    this.#taken += bytes
    return true
  }

  giveBack (bytes: number): void {
    this.#taken -= bytes
  }

  get taken (): number { return this.#taken }
}

/** Longest answer held for one client. */
export const MOST_HELD_BYTES = 16 * 1024 * 1024

export class Holder implements Client {
  readonly #shared: HeldBytes
  #blocks: Buffer[] = []
  #bytes = 0
  /** Called once when the answer is longer than may be held. */
  onFull: () => void = () => {}

  constructor (shared: HeldBytes) {
    this.#shared = shared
  }

  write (block: Buffer): boolean {
    const mayHold = this.#bytes + block.length <= MOST_HELD_BYTES && this.#shared.take(block.length)
    if (mayHold) {
      this.#bytes += block.length
      this.#blocks.push(block)
    } else this.onFull()
    return true
  }

  onDrain (): void {}

  /** What is held so far. */
  get held (): readonly Buffer[] { return this.#blocks }

  /** Everything that was held. It takes its room until `release`: a client may be slow to take it. */
  take (): Buffer {
    const whole = Buffer.concat(this.#blocks)
    this.#blocks = []
    return whole
  }

  /** The room is free again. */
  release (): void {
    this.#shared.giveBack(this.#bytes)
    this.#blocks = []
    this.#bytes = 0
  }
}
