// P6: a cut answer never looks complete. Streams of every shape are cut at every byte (cutting.ts).

import t from 'tap'
import { SHAPES, toolCalls, type Shape } from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'
import { cutEverywhere, type Recording } from './cutting.ts'

t.setTimeout(300_000)

/** Two choices that take turns, the second one longer; usage at the end. */
const twoChoices: Shape = () => {
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

const RECORDINGS: Readonly<Record<string, Recording>> = {
  'OpenAI with usage': { shape: SHAPES.openai },
  'DeepSeek with comments and reasoning': { shape: SHAPES.deepseek },
  'OpenRouter with its own members': { shape: SHAPES.openrouter },
  'CRLF line ends': { shape: SHAPES.crlf },
  'tool calls': { shape: toolCalls },
  'two choices': { shape: twoChoices, choices: 2, isClean: true }
}

for (const [name, recording] of Object.entries(RECORDINGS)) {
  t.test(`P6 a stream (${name}) that is cut at any byte is whole or raises`, async (t) => {
    await cutEverywhere(t, name, recording)
  })
}
