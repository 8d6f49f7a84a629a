// Fireworks: open models under ids like `accounts/fireworks/models/…`.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'

/** https://docs.fireworks.ai/api-reference/post-chatcompletions */
export const fireworks: Provider = {
  id: 'fireworks',
  displayName: 'Fireworks AI',
  wire: 'openai-chat',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  env: ['FIREWORKS'],
  needsCredential: true,
  tasks: ['chat', 'completion', 'embedding'],
  requestQuirks: [effortFromReasoning, dropOpenRouterFields]
}
