// SambaNova: open models on its own hardware.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'

/**
 * https://docs.sambanova.ai/docs/en/features/openai-compatibility. It reads some parameters past without a word; they
 * are taken out here so that the client is told.
 */
export const sambanova: Provider = {
  id: 'sambanova',
  displayName: 'SambaNova',
  wire: 'openai-chat',
  baseUrl: 'https://api.sambanova.ai/v1',
  env: ['SAMBANOVA'],
  needsCredential: true,
  tasks: ['chat', 'completion', 'embedding', 'transcription'],
  billsOnCancel: true,
  requestQuirks: [effortFromReasoning, dropOpenRouterFields, dropParameters('logit_bias', 'parallel_tool_calls')]
}
