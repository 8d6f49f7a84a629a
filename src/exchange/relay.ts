// From the commit point to the last byte: passes a stream on at the client's pace, and says how it ended.
//
// Back-pressure is end to end: a client that does not read stops the provider's socket, so memory per stream stays at
// one chunk. A client that left cancels the provider's call at once. The end is reported, not written: the terminal
// bytes go out after the settlement.

import type { Clock } from '../core/clock.ts'
import { StreamBroken } from '../wire/format.ts'
import type { LiveStream, StreamSink } from './live-stream.ts'
import { wordsOf } from './outcome-of.ts'
import type { Outlet } from './outlet.ts'
import type { UpstreamFailure } from './upstream.ts'

export type RelayEnd =
  /** The provider's terminal event came; `tail` is what is still owed to the client. */
  | { readonly kind: 'complete', readonly tail: Buffer | undefined }
  /** Whole events only were delivered, and the answer is not complete. */
  | { readonly kind: 'cut', readonly reason: string }
  | { readonly kind: 'gone' }

/** How long a provider may keep the connection after its terminal event before it is closed from our side. */
const GRACE_AFTER_DONE_MS = 1_000

export class Relay implements StreamSink {
  readonly end: Promise<RelayEnd>
  readonly #live: LiveStream
  readonly #outlet: Outlet
  readonly #clock: Clock
  #resolve!: (end: RelayEnd) => void
  #isOver = false
  #stopGrace: () => void = () => {}

  constructor (live: LiveStream, outlet: Outlet, clock: Clock) {
    this.#live = live
    this.#outlet = outlet
    this.#clock = clock
    this.end = new Promise((resolve) => { this.#resolve = resolve })
  }

  /** `isGone`: the client left between the peek and now. */
  start (isGone: boolean): this {
    if (isGone) {
      this.abandon()
      return this
    }
    this.#outlet.onDrain(() => { if (!this.#isOver) this.#live.handle.resume() })
    const isReady = this.#live.first.length === 0 || this.#outlet.write(this.#live.first)
    if (this.#live.reader.isDone) this.#endAtTerminal()
    this.#live.relayTo(this)
    if (!isReady && !this.#isOver) this.#live.handle.pause()
    return this
  }

  /** The client left: the provider hears it now. */
  abandon (): void {
    this.#finish({ kind: 'gone' })
    this.#live.handle.cancel()
  }

  onData (chunk: Buffer): void {
    if (this.#isOver) return // bytes after the terminal event are for nobody
    const { reader } = this.#live
    try {
      const block = reader.push(chunk)
      if (block && !this.#outlet.write(block)) this.#live.handle.pause()
    } catch (error) {
      if (!(error instanceof StreamBroken)) throw error
      return this.#cut(`sent a broken stream: ${error.message}`)
    }
    if (reader.error) return this.#cut(wordsOf(this.#live.hide(JSON.stringify(reader.error))) || 'sent an error event')
    if (reader.isDone) this.#endAtTerminal()
  }

  onEnd (): void {
    this.#stopGrace()
    if (this.#isOver) return
    const { isComplete, tail } = this.#live.reader.finish()
    if (isComplete) return this.#finish({ kind: 'complete', tail })
    if (tail) this.#outlet.write(tail)
    this.#finish({ kind: 'cut', reason: 'ended the stream without a terminal event' })
  }

  onFailure (failure: UpstreamFailure): void {
    this.#stopGrace()
    if (this.#isOver) return
    this.#finish({ kind: 'cut', reason: failure.reason })
  }

  #endAtTerminal (): void {
    const { tail } = this.#live.reader.finish()
    this.#finish({ kind: 'complete', tail })
    this.#live.handle.resume()
    this.#stopGrace = this.#clock.after(GRACE_AFTER_DONE_MS, () => { this.#live.handle.cancel() })
  }

  #cut (reason: string): void {
    this.#finish({ kind: 'cut', reason })
    this.#live.handle.cancel()
  }

  #finish (end: RelayEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#resolve(end)
  }
}
