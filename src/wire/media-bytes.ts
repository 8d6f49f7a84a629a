// Media on its way: bytes pass as they come. Only HTTP's own framing can tell a whole file from a cut one.

import type { StreamEnd, StreamReader } from './format.ts'

export class MediaBytes implements StreamReader {
  events = 0
  readonly dropped = 0
  readonly isDone = false
  readonly error = undefined
  readonly usage = undefined
  readonly upstreamId = undefined

  push (chunk: Buffer): Buffer {
    this.events++
    return chunk
  }

  get hasOutput (): boolean {
    return this.events > 0
  }

  finish (): StreamEnd {
    return { isComplete: this.events > 0, isEmpty: false, tail: undefined }
  }
}
