// Mistral: close to OpenAI's wire, but it answers 422 to every member it does not know.

import type { Provider } from './provider.ts'
import { anyForRequired } from './quirks/any-for-required.ts'
import { audioSeconds } from './quirks/audio-seconds.ts'
import { cachedTokensIn } from './quirks/cached-tokens-in.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { dropParameters } from './quirks/drop-parameters.ts'
import { inTurn } from './quirks/in-turn.ts'
import { maxTokensOnly } from './quirks/output-limit.ts'
import { renameParameter } from './quirks/rename-parameter.ts'
import { systemForDeveloper } from './quirks/system-for-developer.ts'
import { STRICT_CHAT } from './quirks/told-as-chat.ts'
import { unaskedUsage } from './quirks/unasked-usage.ts'

/** https://docs.mistral.ai/api/; an assistant message may be last only as a prefix. */
export const mistral: Provider = {
  id: 'mistral',
  displayName: 'Mistral',
  wire: 'openai-chat',
  baseUrl: 'https://api.mistral.ai/v1',
  env: ['MISTRAL'],
  needsCredential: true,
  tasks: ['chat', 'embedding', 'speech', 'transcription', 'moderation'],
  billsOnCancel: true,
  requestQuirks: [
    dropOpenRouterFields,
    dropParameters('logprobs', 'top_logprobs', 'logit_bias', 'user', 'store', 'service_tier', 'safety_identifier'),
    maxTokensOnly,
    renameParameter('seed', 'random_seed'),
    anyForRequired,
    systemForDeveloper,
    unaskedUsage
  ],
  continuation: 'prefix_flag',
  usageQuirks: [inTurn(cachedTokensIn('num_cached_tokens'), audioSeconds)],
  translatedQuirks: STRICT_CHAT
}
