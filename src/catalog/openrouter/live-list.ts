// OpenRouter's list of models as the broker keeps it: read in the background once an hour, and kept on the disk, so
// that a start without OpenRouter has the list of yesterday. Nothing waits for it, and no failure takes it away.

import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { fetchText, type Fetched } from './fetch-text.ts'
import { remarksOn } from './live-remarks.ts'
import { liveText, readLive, readLiveText, type Live, type ReviewParts } from './live.ts'

export interface LiveListParts {
  readonly clock: Clock
  /** Where OpenRouter is now; undefined: it has no credential, and its list is not wanted. */
  base (): string | undefined
  /** What the next reading is reviewed against. */
  review (base: string): Omit<ReviewParts, 'today' | 'source'>
  /** The list is another one than before. */
  changed (): void
  /** Of the disk; undefined: there is none. @throws when it cannot be read. */
  load (): string | undefined
  /** Replaces what is on the disk in one step. */
  save (text: string): void
  /** One line of the log. */
  warn (sentence: string): void
}

/** "Shortly": the start itself comes first. */
export const START_MS = 500
export const EVERY_MS = 60 * 60_000
/** After a failure; the list in use stays meanwhile. */
export const AGAIN_MS = 5 * 60_000
const TIMEOUT_MS = 30_000
const MOST_BYTES = 32 * 1024 * 1024
/** Embeddings and speech as well, where the other side knows the parameter. */
const PATHS = ['/models?output_modalities=all', '/models'] as const

interface Taken {
  readonly base: string
  readonly live: Live
  readonly etag: string | undefined
  /** Of the text it was read from, so that the same text is not read again; undefined: it came from the disk. */
  readonly digest: string | undefined
}

export class LiveList {
  readonly #parts: LiveListParts
  readonly #closing = new AbortController()
  #taken: Taken | undefined
  /** The last failure that was told; undefined: the last reading was none. */
  #told: string | undefined
  #isReading = false
  #cancelNext = (): void => {}

  constructor (parts: LiveListParts) {
    this.#parts = parts
  }

  /** The same value as long as nothing changes; undefined: there is none, or nobody wants it. */
  current (): Live | undefined {
    return this.#taken && this.#takenFrom(this.#parts.base())?.live
  }

  /** Takes what is on the disk at once, and begins to read. */
  open (): void {
    const base = this.#parts.base()
    if (base !== undefined) this.#takeFromDisk(base)
    this.#plan(START_MS)
  }

  /** Reads soon, where that was not wanted or did not succeed until now. */
  wake (): void {
    if (this.#parts.base() !== this.#taken?.base) this.#plan(START_MS)
  }

  close (): void {
    this.#cancelNext()
    this.#closing.abort()
  }

  #takenFrom (base: string | undefined): Taken | undefined {
    return this.#taken?.base === base ? this.#taken : undefined
  }

  #plan (delayMs: number): void {
    this.#cancelNext()
    this.#cancelNext = this.#parts.clock.after(delayMs, () => { this.#read().catch(() => {}) })
  }

  async #read (): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    const failure = await this.#attempt().catch((error: unknown) => `cannot be used: ${(error as Error).message}`)
    this.#isReading = false
    if (this.#closing.signal.aborted) return
    // Said once for a failure that lasts.
    if (failure !== undefined && failure !== this.#told) {
      this.#parts.warn(`OpenRouter's list of models ${failure}: the one in use stays`)
    }
    this.#told = failure
    this.#plan(failure === undefined ? EVERY_MS : AGAIN_MS)
  }

  /** Undefined, or what came in between. */
  async #attempt (): Promise<string | undefined> {
    const base = this.#parts.base()
    if (base === undefined) return undefined
    const fetched = await this.#fetch(base)
    if (fetched.kind === 'unchanged' || this.#closing.signal.aborted || this.#parts.base() !== base) return undefined
    return fetched.kind === 'failed' ? fetched.reason : this.#take(base, fetched)
  }

  async #fetch (base: string): Promise<Fetched> {
    const etag = this.#takenFrom(base)?.etag
    const limits = { mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS, etag, signal: this.#closing.signal }
    const [all, plain] = PATHS
    const fetched = await fetchText(base + all, limits)
    const isUnknown = fetched.kind === 'failed' && (fetched.status === 400 || fetched.status === 404)
    return isUnknown ? fetchText(base + plain, limits) : fetched
  }

  #take (base: string, { text, etag }: Extract<Fetched, { kind: 'text' }>): string | undefined {
    const { clock, review, save, changed, warn } = this.#parts
    const digest = createHash('sha256').update(text).digest('hex')
    const { live: before, digest: known } = this.#takenFrom(base) ?? {}
    if (digest === known) return undefined
    const today = new Date(clock.nowMs()).toISOString().slice(0, 10)
    const live = readLive(text, before, { ...review(base), today, source: `${base}/models` })
    if (!live) return 'is something else'
    if (live.entries.length === 0) return 'has no model that can be used'
    const isSame = live.version === before?.version
    this.#taken = { base, live: isSame ? before as Live : live, etag, digest }
    if (isSame) return undefined
    for (const sentence of remarksOn(live, before)) warn(sentence)
    changed()
    save(liveText(live, base))
    return undefined
  }

  #takeFromDisk (base: string): void {
    const { load, changed, warn } = this.#parts
    try {
      const text = load()
      const live = text === undefined ? undefined : readLiveText(text, base)
      if (!live) return
      this.#taken = { base, live, etag: undefined, digest: undefined }
      changed()
    } catch (error) {
      warn(`the kept list of OpenRouter's models is not used: ${(error as Error).message}`)
    }
  }
}
