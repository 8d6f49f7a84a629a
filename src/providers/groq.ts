// Groq: quick answers; refuses log probabilities, and keeps usage in a place of its own.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { STRICT_CHAT } from './quirks/told-as-chat.ts'
import { usageInXGroq } from './quirks/usage-in-x-groq.ts'

/**
 * https://console.groq.com/docs/openai lists what it answers with 400. `n` above 1 is refused there too and stays:
 * fewer choices than asked for would be another answer.
 */
export const groq: Provider = {
  id: 'groq',
  displayName: 'Groq',
  wire: 'openai-chat',
  baseUrl: 'https://api.groq.com/openai/v1',
  env: ['GROQ'],
  needsCredential: true,
  tasks: ['chat', 'embedding', 'speech', 'transcription'],
  billsOnCancel: true,
  requestQuirks: [
    effortFromReasoning, dropOpenRouterFields, dropParameters('logprobs', 'top_logprobs', 'logit_bias')
  ],
  usageQuirks: [usageInXGroq],
  translatedQuirks: STRICT_CHAT
}
