// Media on its way: bytes pass as they come. Only HTTP's own framing can tell a whole file from a cut one.

import type { StreamEnd, StreamReader } from './format.ts'

export class MediaBytes implements StreamReader {
  events = 0
  hasOutput = false
  readonly dropped = 0
  readonly isDone = false
  readonly error = undefined
  readonly usage = undefined
  readonly upstreamId = undefined

  push (chunk: Buffer): Buffer {
    this.events++
    this.hasOutput ||= chunk.length > 0
    return chunk
  }

  finish (): StreamEnd {
    return { isComplete: true, isEmpty: !this.hasOutput, tail: undefined }
  }
}
