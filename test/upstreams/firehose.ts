// A stream that never ends and never rests: as much as the caller takes, at once.

import { frameOf } from './frames.ts'
import type { Answer, Call } from './provider.ts'

const FRAME = Buffer.from(frameOf({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'm',
  choices: [{ index: 0, delta: { content: 'x'.repeat(32_000) }, finish_reason: null }]
}))

/** @param onSent hears the size of every write. */
export function firehose (onSent: (bytes: number) => void = () => {}): Answer {
  return async (call) => {
    const { response } = call
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    while (!call.isGone) {
      onSent(FRAME.length)
      // One turn of the event loop for each write, so that nobody else starves.
      if (response.write(FRAME)) await new Promise((resolve) => { setImmediate(resolve) })
      else await taken(call)
    }
  }
}

function taken ({ response }: Call): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
