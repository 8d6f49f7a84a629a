// Whole answers kept in memory for requests that ask for it (`X-OpenRouter-Cache: true`), the least used going first.
// https://openrouter.ai/docs/guides/features/response-caching
//
// What must hold: bytes and entries have limits, those of answers that are being written down included, and an entry is
// found only under the digest of its principal and its request (cached-answers.ts).

import type { Finish } from '../core/finish.ts'

/** An answer of status 200 that came to its end. */
export interface CachedAnswer {
  readonly contentType: string
  readonly body: Buffer
  /** The exchange that made it. */
  readonly source: string
  /** As its provider calls the model. */
  readonly modelId: string
  /** Why it ended; absent: it did not tell. */
  readonly finish?: Finish | undefined
}

export interface CacheEntry extends CachedAnswer {
  readonly keptAtMs: number
  readonly ttlMs: number
}

const MOST_ENTRIES = 10_000
/** Key, map and headers of an entry. */
const ENTRY_BYTES = 512

export class ResponseCache {
  readonly #limitBytes: number
  readonly #nowMs: () => number
  /** In the order of their last use. */
  readonly #entries = new Map<string, CacheEntry>()
  #bytes = 0

  /** @param nowMs a monotonic clock */
  constructor (limitBytes: number, nowMs: () => number) {
    this.#limitBytes = limitBytes
    this.#nowMs = nowMs
  }

  /** Bytes of the longest answer that is kept. */
  get longestBytes (): number {
    return Math.floor(this.#limitBytes / 16)
  }

  get bytes (): number {
    return this.#bytes
  }

  find (key: string): CacheEntry | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (this.#nowMs() - entry.keptAtMs >= entry.ttlMs) {
      this.#bytes -= sizeOf(entry)
      return undefined
    }
    this.#entries.set(key, entry)
    return entry
  }

  forget (key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(entry)
  }

  keep (key: string, answer: CachedAnswer, ttlMs: number): void {
    this.forget(key)
    const entry = { ...answer, keptAtMs: this.#nowMs(), ttlMs }
    this.#entries.set(key, entry)
    this.#bytes += sizeOf(entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limitBytes && this.#entries.size <= MOST_ENTRIES) break
      this.forget(oldest)
    }
  }
}

function sizeOf ({ body }: CachedAnswer): number {
  return body.length + ENTRY_BYTES
}
