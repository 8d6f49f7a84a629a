// Anthropic, through its endpoint for OpenAI's clients: thinking is a budget of tokens, and its words are not told.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { maxTokensOnly } from './quirks/output-limit.ts'
import { thinkingBudget } from './quirks/thinking-budget.ts'
import { STRICT_CHAT } from './quirks/told-as-chat.ts'

/**
 * https://docs.claude.com/en/api/openai-sdk: what it reads past is taken out, so that the client hears of it. It has no
 * prompt cache.
 */
export const anthropic: Provider = {
  id: 'anthropic',
  displayName: 'Anthropic',
  wire: 'openai-chat',
  baseUrl: 'https://api.anthropic.com/v1',
  env: ['ANTHROPIC'],
  needsCredential: true,
  tasks: ['chat'],
  needsOutputLimit: true,
  requestQuirks: [
    thinkingBudget,
    dropOpenRouterFields,
    dropParameters(
      'logprobs', 'top_logprobs', 'logit_bias', 'presence_penalty', 'frequency_penalty', 'seed', 'store', 'user',
      'service_tier', 'prediction', 'reasoning_effort'
    ),
    maxTokensOnly
  ],
  translatedQuirks: STRICT_CHAT
}
