// P6 for the dialects of further providers: each is cut at many places (cutting.ts).

import t from 'tap'
import { SHAPES } from '../upstreams.ts'
import { cutManyTimes, type Recording } from './cutting.ts'

t.setTimeout(300_000) // with CUT_STEP=1

const RECORDINGS: Readonly<Record<string, Recording>> = {
  'Groq with usage in x_groq': { shape: SHAPES.groq },
  'xAI with reasoning beside the count': { shape: SHAPES.xai },
  'Mistral with usage on the last chunk': { shape: SHAPES.mistral },
  vLLM: { shape: SHAPES.vllm },
  'llama.cpp with timings': { shape: SHAPES.llamaCpp },
  SambaNova: { shape: SHAPES.sambanova }
}

for (const [name, recording] of Object.entries(RECORDINGS)) {
  t.test(`P6 a stream (${name}) that is cut at any byte is whole or raises`, async (t) => {
    await cutManyTimes(t, name, recording)
  })
}
