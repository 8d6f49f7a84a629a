// P6: a cut answer never looks complete. Streams of every shape are cut at many places (cutting.ts).

import t from 'tap'
import { SHAPES, toolCalls } from '../upstreams.ts'
import { cutManyTimes, type Recording } from './cutting.ts'
import { twoChoices } from './two-choices.ts'

t.setTimeout(300_000) // with CUT_STEP=1

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
    await cutManyTimes(t, name, recording)
  })
}
