// An outlet that keeps a copy of what the client is given, and hands it over when it was a whole answer of status 200.

import type { HeldBytes } from './holder.ts'
import type { Outlet } from './outlet.ts'
import type { CachedAnswer } from './response-cache.ts'

export interface CacheWriterParts {
  readonly limitBytes: number
  /** All copies while they are being made. */
  readonly held: HeldBytes
  /** What the answer says about the cache. */
  readonly headers: readonly string[]
  keep (answer: CachedAnswer): void
}

export class CacheWriter implements Outlet {
  readonly #client: Outlet
  readonly #parts: CacheWriterParts
  #facts: Omit<CachedAnswer, 'body'> | undefined
  #blocks: Buffer[] = []
  #bytes = 0

  constructor (client: Outlet, parts: CacheWriterParts) {
    this.#client = client
    this.#parts = parts
  }

  begin (status: number, headers: string[]): void {
    if (status === 200) this.#facts = factsIn(headers)
    this.#client.begin(status, [...headers, ...this.#parts.headers])
  }

  write (bytes: Buffer): boolean {
    this.#copy(bytes)
    return this.#client.write(bytes)
  }

  end (bytes?: Buffer): void {
    if (bytes) this.#copy(bytes)
    if (this.#facts && this.#bytes > 0) {
      this.#parts.keep({ ...this.#facts, body: Buffer.concat(this.#blocks, this.#bytes) })
    }
    this.#drop()
    this.#client.end(bytes)
  }

  cut (): void {
    this.#drop()
    this.#client.cut()
  }

  onDrain (listener: () => void): void { this.#client.onDrain(listener) }
  onGone (listener: () => void): void { this.#client.onGone(listener) }
  onClosed (listener: () => void): void { this.#client.onClosed(listener) }
  noteUnserved (): void { this.#client.noteUnserved?.() }
  noteInterrupted (): void { this.#client.noteInterrupted?.() }

  #copy (bytes: Buffer): void {
    if (!this.#facts) return
    if (this.#bytes + bytes.length > this.#parts.limitBytes || !this.#parts.held.take(bytes.length)) return this.#drop()
    this.#bytes += bytes.length
    this.#blocks.push(bytes)
  }

  /** Nothing more is copied. */
  #drop (): void {
    this.#facts = undefined
    this.#parts.held.giveBack(this.#bytes)
    this.#blocks = []
    this.#bytes = 0
  }
}

function factsIn (headers: readonly string[]): Omit<CachedAnswer, 'body'> {
  const valueOf = (name: string) => headers[headers.indexOf(name) + 1] ?? ''
  return {
    contentType: valueOf('content-type'), source: valueOf('x-generation-id'), modelId: valueOf('x-aibroker-model')
  }
}
