// An outlet that writes down what the client is given, and hears the answer out when the client leaves.
//
// What must hold: the last bytes go out only when the answer is kept (or cannot be), so a client that has all of it can
// have it again. A client that leaves may come back with its key, so its exchange goes on without it: counted and timed
// like any answer without a client (drains.ts), and only while the answer can still be kept.

import type { KeptAnswer } from '../ledger/idempotency.ts'
import type { Drains } from './drains.ts'
import type { HeldBytes } from './holder.ts'
import type { Outlet } from './outlet.ts'

export type Recorded =
  | { readonly kind: 'answered', readonly answer: KeptAnswer }
  /** No provider took the request. */
  | { readonly kind: 'unserved' }
  /** It ended before anything was said that is its answer. */
  | { readonly kind: 'silent' }

export interface RecorderParts {
  /** Bytes of the longest answer that is kept. */
  readonly limitBytes: number
  readonly held: HeldBytes
  readonly drains: Drains
  /** Called once. Never rejects. */
  end (recorded: Recorded): Promise<void>
}

export class Recorder implements Outlet {
  readonly #client: Outlet
  readonly #parts: RecorderParts
  #head: { readonly status: number, readonly headers: readonly string[] } | undefined
  /** Undefined: too long to keep. */
  #blocks: Buffer[] | undefined = []
  #bytes = 0
  #isUnserved = false
  #isInterrupted = false
  #isEnded = false
  /** Set once the client has left and the exchange goes on. */
  #endDrain: (() => void) | undefined
  #drained: () => void = nothing
  #gone: () => void = nothing

  constructor (client: Outlet, parts: RecorderParts) {
    this.#client = client
    this.#parts = parts
  }

  begin (status: number, headers: string[]): void {
    this.#head = { status, headers: [...headers] }
    this.#client.begin(status, headers)
  }

  write (bytes: Buffer): boolean {
    this.#record(bytes)
    return this.#endDrain ? true : this.#client.write(bytes)
  }

  end (bytes?: Buffer): void {
    if (bytes) this.#record(bytes)
    this.#finish('whole', () => { this.#client.end(bytes) })
  }

  cut (): void {
    this.#finish('cut', () => { this.#client.cut() })
  }

  onDrain (listener: () => void): void {
    this.#drained = listener
    this.#client.onDrain(listener)
  }

  onClosed (listener: () => void): void {
    this.#client.onClosed(listener)
  }

  onGone (listener: () => void): void {
    this.#gone = listener
    let isBefore = true
    this.#client.onGone(() => {
      if (isBefore) listener() // nothing was sent yet, and nothing needs to be
      else this.#leave()
    })
    isBefore = false
  }

  noteUnserved (): void {
    this.#isUnserved = true
  }

  noteInterrupted (): void {
    this.#isInterrupted = true
  }

  #leave (): void {
    if (this.#isEnded) return
    this.#endDrain = this.#blocks && this.#parts.drains.begin(() => { this.#gone() })
    if (this.#endDrain) this.#drained() // nobody else will say so
    else this.#gone()
  }

  #record (bytes: Buffer): void {
    if (!this.#blocks) return
    if (this.#bytes + bytes.length <= this.#parts.limitBytes && this.#parts.held.take(bytes.length)) {
      this.#bytes += bytes.length
      this.#blocks.push(bytes)
      return
    }
    this.#blocks = undefined
    this.#release()
    if (this.#endDrain) this.#gone() // for whom, now?
  }

  async #finish (ending: KeptAnswer['ending'], tell: () => void): Promise<void> {
    this.#isEnded = true
    this.#endDrain?.()
    await this.#parts.end(this.#recorded(ending))
    this.#blocks = undefined
    this.#release()
    tell()
  }

  #recorded (ending: KeptAnswer['ending']): Recorded {
    if (this.#isUnserved) return { kind: 'unserved' }
    if (!this.#head || this.#isInterrupted) return { kind: 'silent' }
    const body = this.#blocks && Buffer.concat(this.#blocks, this.#bytes)
    return { kind: 'answered', answer: { ...this.#head, ending, body } }
  }

  #release (): void {
    this.#parts.held.giveBack(this.#bytes)
    this.#bytes = 0
  }
}

function nothing (): void {}
