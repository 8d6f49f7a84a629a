// OpenAI: the wire everybody else is compared with.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { forModels } from './quirks/for-models.ts'
import { maxCompletionTokensOnly } from './quirks/output-limit.ts'

const REASONING_MODELS = /^(o\d|gpt-[5-9])/

/** https://platform.openai.com/docs/api-reference; its reasoning models refuse `max_tokens`. */
export const openai: Provider = {
  id: 'openai',
  displayName: 'OpenAI',
  wire: 'openai-chat',
  baseUrl: 'https://api.openai.com/v1',
  env: ['OPENAI'],
  needsCredential: true,
  tasks: ['chat', 'completion', 'embedding', 'speech', 'transcription', 'moderation', 'image'],
  requestQuirks: [effortFromReasoning, dropOpenRouterFields, forModels(REASONING_MODELS, maxCompletionTokensOnly)]
}
