// From the commit point to the last byte: passes a stream on at the client's pace, and says how it ended.
//
// Back-pressure is end to end: a client that does not read stops the provider's socket, so memory per stream stays at
// one chunk. A client that left cancels the provider's call at once, unless the provider would bill for the rest all
// the same: then it is read to its end, for its usage. The end is reported, not written: the terminal bytes go out
// after the settlement.

import { StreamBroken, type StreamEnd, type Transcript } from '../wire/format.ts'
import type { Client } from './client.ts'
import type { LiveStream, StreamSink } from './live-stream.ts'
import { wordsOf } from './outcome-of.ts'
import type { Stoppable } from './stoppable.ts'
import type { UpstreamFailure } from './upstream.ts'

export type RelayEnd =
  /** The provider's terminal event came; `tail` is what is still owed to the client. */
  | { readonly kind: 'complete', readonly tail: Buffer | undefined }
  /** Whole events only were delivered, and the answer is not complete. `isSilent`: it did not break, it stopped. */
  | { readonly kind: 'cut', readonly reason: string, readonly isSilent: boolean }
  | { readonly kind: 'gone' }

export interface RelayParts {
  readonly live: LiveStream
  readonly client: Client
  /** Reads what goes out, when the stream may have to be carried on. */
  readonly transcript: Transcript | undefined
  /** Hears of each block with the bytes that went by so far, those that went to nobody included. */
  readonly onBytes?: (passedBytes: number, drainedBytes: number) => void
  /** Calls back once, some time after the terminal event: whoever keeps the connection open then is closed. */
  readonly afterGrace: (close: () => void) => () => void
}

/** Bytes read for their usage alone after the client left. */
const MOST_DRAINED_BYTES = 16 * 1024 * 1024

export class Relay implements StreamSink, Stoppable {
  readonly end: Promise<RelayEnd>
  readonly #parts: RelayParts
  readonly #live: LiveStream
  #resolve!: (end: RelayEnd) => void
  #isOver = false
  #isDetached = false
  #drainedBytes = 0
  #passedBytes = 0
  #stopGrace: () => void = () => {}

  constructor (parts: RelayParts) {
    this.#parts = parts
    this.#live = parts.live
    this.end = new Promise((resolve) => { this.#resolve = resolve })
  }

  /** What the client's connection was handed, of a client that left too. */
  get passedBytes (): number {
    return this.#passedBytes
  }

  start (): this {
    const { client } = this.#parts
    client.onDrain(() => { if (!this.#isOver) this.#live.resume() })
    const { ended } = this.#live
    const first = this.#live.takeFirst()
    const isReady = !first?.length || this.#pass(first)
    if (ended) this.#endAs(ended) // whole: the peek looked
    this.#live.relayTo(this)
    if (!isReady && !this.#isOver) this.#live.pause()
    return this
  }

  abandon (): void {
    this.#finish({ kind: 'gone' })
    this.#live.cancel()
  }

  detach (): boolean {
    this.#isDetached = true
    if (!this.#isOver) this.#live.resume()
    return true
  }

  /** Ends the stream from our side, visibly. */
  cut (reason: string, isSilent = false): void {
    this.#finish({ kind: 'cut', reason, isSilent })
    this.#live.cancel()
  }

  onData (chunk: Buffer): void {
    if (this.#isOver) return // bytes after the terminal event are for nobody
    const { reader } = this.#live
    try {
      const block = reader.push(chunk)
      if (block && !this.#pass(block)) this.#live.pause()
    } catch (error) {
      if (!(error instanceof StreamBroken)) throw error
      return this.cut(`sent a broken stream: ${error.message}`)
    }
    if (reader.error) return this.cut(wordsOf(this.#live.hide(JSON.stringify(reader.error))) || 'sent an error event')
    if (reader.isDone) this.#endAs(reader.finish())
  }

  onEnd (): void {
    this.#stopGrace()
    if (this.#isOver) return
    const ended = this.#live.reader.finish()
    if (ended.isComplete) return this.#finish({ kind: 'complete', tail: ended.tail })
    if (ended.tail) this.#pass(ended.tail)
    this.#finish({ kind: 'cut', reason: 'ended the stream without a terminal event', isSilent: false })
  }

  onFailure (failure: UpstreamFailure): void {
    this.#stopGrace()
    if (this.#isOver) return
    this.cut(failure.reason, failure.kind === 'stalled')
  }

  /** False: the client needs a rest. */
  #pass (block: Buffer): boolean {
    if (this.#isDetached) {
      this.#drainedBytes += block.length
      this.#parts.onBytes?.(this.#passedBytes, this.#drainedBytes)
      if (this.#drainedBytes > MOST_DRAINED_BYTES) this.abandon()
      return true
    }
    this.#parts.transcript?.add(block)
    this.#passedBytes += block.length
    this.#parts.onBytes?.(this.#passedBytes, 0)
    return this.#parts.client.write(block)
  }

  /** The answer is whole: what still comes is read for a moment, so that the connection stays good. */
  #endAs ({ tail }: StreamEnd): void {
    this.#finish({ kind: 'complete', tail })
    this.#live.resume()
    this.#stopGrace = this.#parts.afterGrace(() => { this.#live.cancel() })
  }

  #finish (end: RelayEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#resolve(this.#isDetached ? { kind: 'gone' } : end)
  }
}
