// OpenRouter's own endpoints of the models on its live list: asked for when somebody asks us, and kept for an hour.
//
// DESIGN. Anybody who may read the catalog can make this call OpenRouter, so all of it is bounded: two calls at once,
// and whoever comes then hears what is known already; one call for all who ask for the same model; a failure is
// believed for a minute; the models asked for longest ago are forgotten. While it fails, what is out of date is told.

import type { Clock } from '../../core/clock.ts'
import type { EndpointCard } from '../endpoint-card.ts'
import { readEndpoints } from './endpoint-rows.ts'
import { fetchText } from './fetch-text.ts'

export interface EndpointsParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Where OpenRouter is now; undefined: it is not to be asked. */
  base (): string | undefined
}

const FRESH_MS = 60 * 60_000
const FAILED_MS = 60_000
const TIMEOUT_MS = 5_000
const MOST_BYTES = 4 * 1024 * 1024
const MOST_MODELS = 500
const MOST_CALLS = 2

interface Kept {
  /** Undefined: never heard of. */
  readonly endpoints: readonly EndpointCard[] | undefined
  readonly askAgainMs: number
}

export class LiveEndpoints {
  readonly #parts: EndpointsParts
  readonly #closing = new AbortController()
  readonly #kept = new Map<string, Kept>()
  readonly #running = new Map<string, Promise<void>>()

  constructor (parts: EndpointsParts) {
    this.#parts = parts
  }

  /** Of a model of the live list; undefined: nothing is known, and why is of no use to whoever asks. Never rejects. */
  async of (id: string): Promise<readonly EndpointCard[] | undefined> {
    const base = this.#parts.base()
    if (base === undefined) return undefined
    const url = `${base}/models/${encodeURI(id)}/endpoints`
    const isFresh = this.#parts.clock.monotonicMs() < (this.#kept.get(url)?.askAgainMs ?? -Infinity)
    if (!isFresh) await (this.#running.get(url) ?? this.#start(url))
    return this.#kept.get(url)?.endpoints
  }

  close (): void {
    this.#closing.abort()
  }

  #start (url: string): Promise<void> | undefined {
    if (this.#running.size >= MOST_CALLS || this.#closing.signal.aborted) return undefined
    const call = this.#read(url).finally(() => { this.#running.delete(url) })
    this.#running.set(url, call)
    return call
  }

  async #read (url: string): Promise<void> {
    const fetched = await fetchText(url, { mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS, signal: this.#closing.signal })
    const endpoints = fetched.kind === 'text' ? readEndpoints(fetched.text) : undefined
    const known = this.#kept.get(url)?.endpoints
    const askAgainMs = this.#parts.clock.monotonicMs() + (endpoints ? FRESH_MS : FAILED_MS)
    this.#kept.delete(url)
    this.#kept.set(url, { endpoints: endpoints ?? known, askAgainMs })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_MODELS && oldest !== undefined) this.#kept.delete(oldest)
  }
}
