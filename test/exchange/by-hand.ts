// A provider whose streams the test writes itself, one piece at a time, to see what each of them sets off.

import { Counter } from '../promises/observe.ts'
import type { Answer, Call } from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'

const HEAD = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up' }

/** One choice of a chat stream. */
export function delta (delta: object, finish: string | null = null): string {
  return frameOf({ ...HEAD, choices: [{ index: 0, delta: { ...delta }, finish_reason: finish }] })
}

export const ROLE = delta({ role: 'assistant', content: '' })
export const say = (content: string) => delta({ content })
export const STOP = delta({}, 'stop')
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
export const TOLD = frameOf({ ...HEAD, choices: [], usage: USAGE })
/** What ends a whole answer. */
export const END = STOP + TOLD + DONE_FRAME

/** `call`: which of the calls so far, 0 the first. */
export interface ByHand {
  readonly answer: Answer
  /** Resolves when it has been called so often, and its headers are sent. */
  called (count?: number): Promise<void>
  send (text: string, call?: number): void
  /** The clean end of the body. */
  end (text?: string, call?: number): void
  /** The connection breaks in the middle of the body. */
  cut (call?: number): void
}

export function byHand (): ByHand {
  const calls: Call[] = []
  const called = new Counter()
  const responseOf = (call: number) => (calls[call] as Call).response
  return {
    answer (call) {
      call.response.writeHead(200, { 'content-type': 'text/event-stream' })
      call.response.flushHeaders()
      calls.push(call)
      called.reach()
    },
    called: (count = 1) => called.reached(count),
    send (text, call = 0) { responseOf(call).write(text) },
    end (text = '', call = 0) { responseOf(call).end(text) },
    cut (call = 0) {
      calls[call]?.takeOver()
      calls[call]?.socket.destroySoon()
    }
  }
}
