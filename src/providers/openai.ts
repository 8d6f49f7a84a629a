// OpenAI: the wire everybody else is compared with.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { exceptModels, forModels } from './quirks/for-models.ts'
import { maxCompletionTokensOnly } from './quirks/output-limit.ts'
import { STRICT_CHAT } from './quirks/told-as-chat.ts'

const REASONING_MODELS = /^(o\d|gpt-[5-9])/
/** It answers them with 404 at /v1/completions. https://platform.openai.com/docs/models, "Endpoints" of each */
const CHAT_MODELS = /^(ft:)?(o\d|chatgpt-|gpt-(?!oss|3\.5-turbo-instruct))/

/** https://platform.openai.com/docs/api-reference; its reasoning models refuse `max_tokens`. */
export const openai: Provider = {
  id: 'openai',
  displayName: 'OpenAI',
  wire: 'openai-chat',
  baseUrl: 'https://api.openai.com/v1',
  env: ['OPENAI'],
  needsCredential: true,
  tasks: ['chat', 'completion', 'embedding', 'speech', 'transcription', 'moderation', 'image'],
  chatOnlyModels: CHAT_MODELS,
  requestQuirks: [effortFromReasoning, dropOpenRouterFields, forModels(REASONING_MODELS, maxCompletionTokensOnly)],
  // `metadata` belongs to chats it stores: others are refused with it.
  translatedQuirks: [...STRICT_CHAT, dropParameters('metadata'), exceptModels(REASONING_MODELS, dropParameters('reasoning_effort'))]
}
