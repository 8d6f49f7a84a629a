// Ollama on this machine or in the house, through its OpenAI-shaped door.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'

/** https://github.com/ollama/ollama/blob/main/docs/openai.md */
export const ollama: Provider = {
  id: 'ollama',
  displayName: 'Ollama',
  wire: 'openai-chat',
  baseUrl: 'http://127.0.0.1:11434/v1',
  env: ['OLLAMA'],
  needsCredential: false,
  tasks: ['chat', 'completion', 'embedding', 'transcription'],
  requestQuirks: [effortFromReasoning, dropOpenRouterFields],
  isFree: true
}
