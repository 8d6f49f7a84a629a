// A stream after the peek: keeps what arrives between the commit and the relay, then hands everything on.

import type { StreamEnd, StreamReader } from '../wire/format.ts'
import type { UpstreamFailure, UpstreamHandle } from './upstream.ts'
import type { Watch } from './watch.ts'

export interface StreamSink {
  onData (chunk: Buffer): void
  onEnd (): void
  onFailure (failure: UpstreamFailure): void
}

export interface LiveStreamParts {
  readonly reader: StreamReader
  readonly handle: UpstreamHandle
  readonly watch: Watch
  /** What the peek has read already; goes to the client first. */
  readonly first: Buffer
  /** The stream ended inside the peek. */
  readonly ended: StreamEnd | undefined
  /** Masks our credential in words of the provider. */
  readonly hide: (text: string) => string
}

export class LiveStream implements StreamSink {
  readonly reader: StreamReader
  readonly ended: StreamEnd | undefined
  readonly hide: (text: string) => string
  readonly #handle: UpstreamHandle
  readonly #watch: Watch
  #first: Buffer | undefined
  #sink: StreamSink | undefined
  #early: Array<(sink: StreamSink) => void> = []

  constructor ({ reader, handle, watch, first, ended, hide }: LiveStreamParts) {
    this.reader = reader
    this.#first = first
    this.ended = ended
    this.hide = hide
    this.#handle = handle
    this.#watch = watch
    watch.enter('between')
    this.pause()
  }

  /** What the peek read; once, since a stream may last for hours. */
  takeFirst (): Buffer | undefined {
    const first = this.#first
    this.#first = undefined
    return first
  }

  /** From here on `sink` hears everything, beginning with what came in the meantime. */
  relayTo (sink: StreamSink): void {
    this.#sink = sink
    for (const tell of this.#early) tell(sink)
    this.#early = []
    this.resume()
  }

  /** Nobody takes what comes: the provider's socket stops, and its silence is not counted. */
  pause (): void {
    this.#watch.pause()
    this.#handle.pause()
  }

  resume (): void {
    this.#watch.resume()
    this.#handle.resume()
  }

  cancel (): void {
    this.#watch.stop()
    this.#handle.cancel()
  }

  onData (chunk: Buffer): void {
    this.#watch.touch()
    if (this.#sink) this.#sink.onData(chunk)
    else this.#early.push((sink) => { sink.onData(chunk) })
  }

  onEnd (): void {
    this.#watch.stop()
    if (this.#sink) this.#sink.onEnd()
    else this.#early.push((sink) => { sink.onEnd() })
  }

  onFailure (failure: UpstreamFailure): void {
    this.#watch.stop()
    if (this.#sink) this.#sink.onFailure(failure)
    else this.#early.push((sink) => { sink.onFailure(failure) })
  }
}
