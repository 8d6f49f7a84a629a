// xAI: its reasoning models refuse `stop` and penalties, and count reasoning beside the completion.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { forModels } from './quirks/for-models.ts'
import { reasoningOutsideCompletion } from './quirks/reasoning-outside-completion.ts'
import { systemForDeveloper } from './quirks/system-for-developer.ts'
import { STRICT_CHAT } from './quirks/told-as-chat.ts'

const REASONING_MODELS = /^grok-(?!.*non-reasoning)(3-mini|code|latest|[4-9])/

/** https://docs.x.ai/docs/api-reference; reasoning models: https://docs.x.ai/docs/guides/reasoning */
export const xai: Provider = {
  id: 'xai',
  displayName: 'xAI',
  wire: 'openai-chat',
  baseUrl: 'https://api.x.ai/v1',
  env: ['XAI'],
  needsCredential: true,
  tasks: ['chat', 'image'],
  requestQuirks: [
    dropOpenRouterFields,
    dropParameters('store', 'logit_bias'),
    forModels(REASONING_MODELS, dropParameters('stop', 'presence_penalty', 'frequency_penalty')),
    systemForDeveloper
  ],
  usageQuirks: [reasoningOutsideCompletion],
  translatedQuirks: STRICT_CHAT
}
