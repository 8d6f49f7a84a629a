// DeepSeek: reads `max_completion_tokens` past, and counts cached input under a name of its own.

import type { Provider } from './provider.ts'
import { cachedTokensIn } from './quirks/cached-tokens-in.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { maxTokensOnly } from './quirks/output-limit.ts'
import { plainMessagesWithReasoning } from './quirks/plain-messages.ts'
import { systemForDeveloper } from './quirks/system-for-developer.ts'
import { dropOpenRouterSampling, dropOpenSampling, usualEffort } from './quirks/told-as-chat.ts'

/** https://api-docs.deepseek.com/api/create-chat-completion */
export const deepseek: Provider = {
  id: 'deepseek',
  displayName: 'DeepSeek',
  wire: 'openai-chat',
  baseUrl: 'https://api.deepseek.com/v1',
  env: ['DEEPSEEK'],
  needsCredential: true,
  tasks: ['chat'],
  requestQuirks: [effortFromReasoning, dropOpenRouterFields, dropParameters('store'), maxTokensOnly, systemForDeveloper],
  usageQuirks: [cachedTokensIn('prompt_cache_hit_tokens')],
  translatedQuirks: [plainMessagesWithReasoning, dropOpenRouterSampling, dropOpenSampling, usualEffort]
}
