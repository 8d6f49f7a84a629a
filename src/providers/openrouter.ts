// OpenRouter: a superset of OpenAI's wire, told usage and cost on every answer; passed on as it is.

import type { Provider } from './provider.ts'

/**
 * https://openrouter.ai/docs/api-reference/overview; attribution: https://openrouter.ai/docs/app-attribution.
 * No quirk: whatever it does not know it reads past.
 */
export const openrouter: Provider = {
  id: 'openrouter',
  displayName: 'OpenRouter',
  wire: 'openai-chat',
  baseUrl: 'https://openrouter.ai/api/v1',
  env: ['OPENROUTER'],
  needsCredential: true,
  tasks: ['chat', 'completion', 'embedding', 'speech', 'transcription', 'image', 'rerank'],
  paths: { image: '/images' },
  takesJsonRecordings: true,
  defaults: { speech: { response_format: 'mp3' } },
  attributionEnv: { referer: 'OPENROUTER_HTTP_REFERER', title: 'OPENROUTER_X_TITLE' },
  isVerbatim: true
}
