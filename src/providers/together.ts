// Together: open models; knows `max_tokens` only.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { maxTokensOnly } from './quirks/output-limit.ts'
import { systemForDeveloper } from './quirks/system-for-developer.ts'

/** https://docs.together.ai/reference/chat-completions-1 */
export const together: Provider = {
  id: 'together',
  displayName: 'Together AI',
  wire: 'openai-chat',
  baseUrl: 'https://api.together.xyz/v1',
  env: ['TOGETHER', 'TOGETHERAI'],
  needsCredential: true,
  tasks: ['chat', 'completion', 'embedding', 'speech', 'transcription', 'image', 'rerank'],
  requestQuirks: [dropOpenRouterFields, dropParameters('store'), maxTokensOnly, systemForDeveloper]
}
