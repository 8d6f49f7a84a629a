// LM Studio's local server.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'

/** https://lmstudio.ai/docs/app/api/endpoints/openai */
export const lmstudio: Provider = {
  id: 'lmstudio',
  displayName: 'LM Studio',
  wire: 'openai-chat',
  baseUrl: 'http://127.0.0.1:1234/v1',
  env: ['LMSTUDIO', 'LM_STUDIO'],
  needsCredential: false,
  tasks: ['chat', 'completion', 'embedding'],
  requestQuirks: [effortFromReasoning, dropOpenRouterFields],
  isFree: true
}
