// llama.cpp's server; counts tokens in `timings` when it sends no usage.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { usageInTimings } from './quirks/usage-in-timings.ts'

/** https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md */
export const llamacpp: Provider = {
  id: 'llamacpp',
  displayName: 'llama.cpp',
  wire: 'openai-chat',
  baseUrl: 'http://127.0.0.1:8080/v1',
  env: ['LLAMACPP', 'LLAMA_CPP'],
  needsCredential: false,
  tasks: ['chat', 'completion', 'embedding', 'rerank'],
  continuation: 'assistant_last', // unless it runs with --no-prefill-assistant
  requestQuirks: [effortFromReasoning, dropOpenRouterFields],
  usageQuirks: [usageInTimings],
  isFree: true
}
