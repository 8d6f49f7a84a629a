// The provider that is always there: answers in process, costs nothing, sends nothing.

import type { Provider } from '../provider.ts'

/** Its host can never be looked up (RFC 6761, section 6.4), so a mistake in the wiring cannot reach anybody. */
export const dryRun: Provider = {
  id: 'dry-run',
  displayName: 'Dry run',
  wire: 'openai-chat',
  baseUrl: 'http://dry-run.invalid/v1',
  env: [],
  needsCredential: false,
  tasks: ['chat', 'completion', 'embedding', 'speech', 'transcription', 'moderation', 'image', 'rerank'],
  isFree: true
}
