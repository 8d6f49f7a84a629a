// Perplexity: embeddings only, until the Responses wire is spoken.

import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'

/**
 * https://docs.perplexity.ai. Its OpenAI-shaped chat (Sonar) ended on 2026-09-27; what took its place speaks the
 * Responses wire: https://docs.perplexity.ai/docs/agent-api/migrate-from-sonar/overview.
 */
export const perplexity: Provider = {
  id: 'perplexity',
  displayName: 'Perplexity',
  wire: 'openai-chat',
  baseUrl: 'https://api.perplexity.ai/v1',
  env: ['PERPLEXITY'],
  needsCredential: true,
  tasks: ['embedding'],
  billsOnCancel: true,
  requestQuirks: [dropOpenRouterFields, dropParameters('logit_bias')]
}
