// vLLM's OpenAI-shaped server; takes a key when started with --api-key.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'

/** https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
export const vllm: Provider = {
  id: 'vllm',
  displayName: 'vLLM',
  wire: 'openai-chat',
  baseUrl: 'http://127.0.0.1:8000/v1',
  env: ['VLLM'],
  needsCredential: false,
  tasks: ['chat', 'completion', 'embedding', 'speech', 'transcription', 'rerank'],
  continuation: 'continue_final_message',
  requestQuirks: [effortFromReasoning, dropOpenRouterFields],
  isFree: true
}
