// The providers every broker knows: one line each. Gemini joins with its wire.

import type { Provider } from './provider.ts'
import { anthropic } from './anthropic.ts'
import { cerebras } from './cerebras.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { groq } from './groq.ts'
import { llamacpp } from './llamacpp.ts'
import { lmstudio } from './lmstudio.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import { sambanova } from './sambanova.ts'
import { together } from './together.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

export const builtin: readonly Provider[] = [
  openai,
  openrouter,
  anthropic,
  groq,
  sambanova,
  mistral,
  deepseek,
  xai,
  together,
  fireworks,
  cerebras,
  perplexity,
  ollama,
  vllm,
  llamacpp,
  lmstudio
]
