// A stream of two choices: it is complete when both of them are.

import type { Shape } from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'

/** Two choices that take turns, the second one longer; usage at the end. */
export const twoChoices: Shape = () => {
  const chunk = (index: number, delta: object, finish: string | null = null) => frameOf({
    id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta: { ...delta }, finish_reason: finish }]
  })
  const usage = { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 }
  return {
    frames: [
      chunk(0, { role: 'assistant', content: 'He' }), chunk(1, { role: 'assistant', content: 'Good' }),
      chunk(0, { content: 'y' }, 'stop'), chunk(1, { content: ' day' }), chunk(1, {}, 'length'),
      frameOf({ id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage }), DONE_FRAME
    ],
    text: 'Hey',
    reasoning: '',
    tokens: { input: 2, output: 4 },
    usage
  }
}
