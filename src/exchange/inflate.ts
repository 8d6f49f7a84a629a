// Answers of providers that compress although identity was asked for: decoded at the door, so that nobody behind it
// knows of codings.
//
// What must hold: the listener hears what it would hear of the plain answer, in order; `pause` and `resume` bound the
// memory of both sides; an answer whose coding is broken, cut or unknown never looks whole.

import { CODINGS, Inflater, type Coding, type InflateLimits, type InflateListener } from './inflater.ts'
import { textHeader } from './lanes.ts'
import type { Upstream, UpstreamFailure, UpstreamHandle, UpstreamHeaders, UpstreamListener } from './upstream.ts'

const MIB = 1024 * 1024
export const INFLATE_LIMITS: InflateLimits = { mostBytes: 64 * MIB, mostRatio: 200, ratioFromBytes: MIB }

/** The same upstream, with every answer plain. Streams of events may go on for as long as they keep the ratio. */
export function inflated (upstream: Upstream, limits: InflateLimits = INFLATE_LIMITS): Upstream {
  return {
    send (call, listener) {
      const inflating = new InflatedCall(listener, limits)
      inflating.attach(upstream.send(call, inflating))
      return inflating
    },
    close: () => upstream.close()
  }
}

class InflatedCall implements UpstreamListener, UpstreamHandle, InflateListener {
  readonly #listener: UpstreamListener
  readonly #limits: InflateLimits
  #handle: UpstreamHandle | undefined
  /** Undefined: the answer is plain. */
  #inflater: Inflater | undefined
  #status = 0
  #isPaused = false
  #isFull = false
  #isOver = false
  /** The network broke; it is told when everything before it was heard. */
  #failure: UpstreamFailure | undefined

  constructor (listener: UpstreamListener, limits: InflateLimits) {
    this.#listener = listener
    this.#limits = limits
  }

  attach (handle: UpstreamHandle): void {
    this.#handle = handle
  }

  pause (): void {
    this.#isPaused = true
    this.#inflater?.pause()
    this.#handle?.pause()
  }

  resume (): void {
    this.#isPaused = false
    this.#inflater?.resume()
    if (!this.#isFull) this.#handle?.resume()
  }

  cancel (): void {
    this.#isOver = true
    this.#inflater?.stop()
    this.#handle?.cancel()
  }

  onSent (): void {
    this.#listener.onSent?.()
  }

  onHead (status: number, headers: UpstreamHeaders): void {
    const coding = codingOf(headers)
    if (coding === 'identity') return this.#listener.onHead(status, headers)
    this.#status = status
    const { 'content-encoding': _, 'content-length': __, ...rest } = headers // of the bytes that came, not of these
    this.#listener.onHead(status, rest)
    if (this.#isOver) return
    const known = CODINGS.find((name) => name === coding)
    if (!known) return this.onBroken(`answered in ${coding.slice(0, 40)}, which was not asked for`)
    this.#inflater = this.#open(known, textHeader(headers, 'content-type'))
  }

  onData (chunk: Buffer): void {
    if (this.#isOver) return
    if (!this.#inflater) return this.#listener.onData(chunk)
    if (this.#inflater.write(chunk)) return
    this.#isFull = true
    this.#handle?.pause()
  }

  onRoom (): void {
    this.#isFull = false
    if (!this.#isPaused) this.#handle?.resume()
  }

  /** Of the network first, of the inflater last. */
  onEnd (): void {
    if (this.#isOver) return
    ...
  }
}
