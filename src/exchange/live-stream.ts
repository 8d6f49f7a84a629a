// A stream after the peek: keeps what arrives between the commit and the relay, then hands everything on.

import type { StreamReader } from '../wire/format.ts'
import type { UpstreamFailure, UpstreamHandle } from './upstream.ts'

export interface StreamSink {
  onData (chunk: Buffer): void
  onEnd (): void
  onFailure (failure: UpstreamFailure): void
}

export class LiveStream implements StreamSink {
  readonly reader: StreamReader
  readonly handle: UpstreamHandle
  /** What the peek has read already; goes to the client first. */
  readonly first: Buffer
  /** Masks our credential in words of the provider. */
  readonly hide: (text: string) => string
  #sink: StreamSink | undefined
  #early: Array<(sink: StreamSink) => void> = []

  constructor (
    reader: StreamReader, handle: UpstreamHandle, { first, hide }: Pick<LiveStream, 'first' | 'hide'>
  ) {
    this.reader = reader
    this.handle = handle
    this.first = first
    this.hide = hide
  }

  /** From here on `sink` hears everything, beginning with what came in the meantime. */
  relayTo (sink: StreamSink): void {
    this.#sink = sink
    for (const tell of this.#early) tell(sink)
    this.#early = []
    this.handle.resume()
  }

  onData (chunk: Buffer): void {
    if (this.#sink) this.#sink.onData(chunk)
    else this.#early.push((sink) => { sink.onData(chunk) })
  }

  onEnd (): void {
    if (this.#sink) this.#sink.onEnd()
    else this.#early.push((sink) => { sink.onEnd() })
  }

  onFailure (failure: UpstreamFailure): void {
    if (this.#sink) this.#sink.onFailure(failure)
    else this.#early.push((sink) => { sink.onFailure(failure) })
  }
}
