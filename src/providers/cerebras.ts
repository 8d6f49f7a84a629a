// Cerebras: quick answers; refuses penalties and the role `developer`.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { systemForDeveloper } from './quirks/system-for-developer.ts'
import { STRICT_CHAT } from './quirks/told-as-chat.ts'

/** https://inference-docs.cerebras.ai/resources/openai */
export const cerebras: Provider = {
  id: 'cerebras',
  displayName: 'Cerebras',
  wire: 'openai-chat',
  baseUrl: 'https://api.cerebras.ai/v1',
  env: ['CEREBRAS'],
  needsCredential: true,
  tasks: ['chat', 'completion'],
  requestQuirks: [
    effortFromReasoning,
    dropOpenRouterFields,
    dropParameters('frequency_penalty', 'presence_penalty', 'logit_bias', 'store'),
    systemForDeveloper
  ],
  translatedQuirks: STRICT_CHAT
}
