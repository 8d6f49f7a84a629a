// Answers of providers that compress although identity was asked for: decoded at the door, so that nobody behind it
// knows of codings.
//
// What must hold: the listener hears what it would hear of the plain answer, in order; `pause` and `resume` bound the
// memory of both sides; an answer whose coding is broken, cut or unknown never looks whole.

import { CODINGS, Inflater, type InflateLimits } from './inflater.ts'
import { textHeader } from './lanes.ts'
import type { Upstream, UpstreamFailure, UpstreamHandle, UpstreamHeaders, UpstreamListener } from './upstream.ts'

const MIB = 1024 * 1024
export const INFLATE_LIMITS: InflateLimits = { mostBytes: 64 * MIB, mostRatio: 200, ratioFromBytes: MIB }

const LONGEST_CODING = 40

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

class InflatedCall implements UpstreamListener, UpstreamHandle {
  readonly #listener: UpstreamListener
  readonly #limits: InflateLimits
  #handle: UpstreamHandle | undefined
  /** Undefined: the answer is plain. */
  #inflater: Inflater | undefined
  #status = 0
  #isPaused = false
  #isFull = false
  #isOver = false
  /** The network broke; it is told when everything that came before was heard. */
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
    // Both tell of the bytes that came, not of those that are handed on.
    const { 'content-encoding': _coding, 'content-length': _length, ...rest } = headers
    this.#listener.onHead(status, rest)
    if (!this.#isOver) this.#open(coding, headers)
  }

  onData (chunk: Buffer): void {
    if (this.#isOver) return
    if (!this.#inflater) return this.#listener.onData(chunk)
    if (this.#inflater.write(chunk)) return
    this.#isFull = true
    this.#handle?.pause()
  }

  onEnd (): void {
    if (this.#isOver) return
    if (this.#inflater) this.#inflater.end()
    else this.#listener.onEnd()
  }

  onFailure (failure: UpstreamFailure): void {
    if (this.#isOver) return
    if (!this.#inflater) return this.#listener.onFailure(failure)
    this.#failure = failure
    this.#inflater.end()
  }

  #open (coding: string, headers: UpstreamHeaders): void {
    const known = CODINGS.find((name) => name === coding)
    if (!known) return this.#endBroken(`answered in ${coding}, which was not asked for`)
    const isStream = textHeader(headers, 'content-type').startsWith('text/event-stream')
    const limits = isStream ? { ...this.#limits, mostBytes: Infinity } : this.#limits
    this.#inflater = new Inflater(known, limits, {
      onData: (chunk) => { this.#listener.onData(chunk) },
      onEnd: () => { this.#endWhole() },
      onBroken: (reason) => { this.#endBroken(reason) },
      onRoom: () => {
        this.#isFull = false
        if (!this.#isPaused) this.#handle?.resume()
      }
    })
  }

  #endWhole (): void {
    this.#isOver = true
    if (this.#failure) this.#listener.onFailure(this.#failure)
    else this.#listener.onEnd()
  }

  /** A refusal keeps its status, with as many of its words as could be read. */
  #endBroken (reason: string): void {
    this.#isOver = true
    this.#handle?.cancel()
    if (this.#failure) this.#listener.onFailure(this.#failure)
    else if (this.#status === 200) this.#listener.onFailure({ kind: 'broken', reason })
    else this.#listener.onEnd()
  }
}

/** In lower case; several of them, which nobody needs and which multiply, as one word that no decoder has. */
function codingOf (headers: UpstreamHeaders): string {
  const value = headers['content-encoding']
  if (value === undefined) return 'identity'
  // eslint-disable-next-line no-control-regex -- a provider's word ends up in logs and terminals
  const words = String(value).toLowerCase().replace(/[\x00-\x20\x7f-\x9f]+/g, '').slice(0, LONGEST_CODING)
  return words === '' ? 'identity' : words
}
