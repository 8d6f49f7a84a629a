// Media on its way: bytes pass as they come. Only HTTP's own framing can tell a whole file from a cut one.

import type { StreamReader } from './format.ts'

export class MediaBytes implements StreamReader {
  events = 0
  readonly isDone = false
  readonly error = undefined
  readonly usage = undefined
  readonly upstreamId = undefined

  push (chunk: Buffer): Buffer {
    this.events++
    return chunk
  }

  finish (): { isComplete: boolean, tail: undefined } {
    return { isComplete: this.events > 0, tail: undefined }
  }
}
