// Headers that answers carry, as the document tells them.

import type { Schema } from './schema.ts'

const text: Schema = { type: 'string' }
const count: Schema = { type: 'integer', minimum: 0 }

export const ANSWER_HEADERS: { readonly [name: string]: { readonly description: string, readonly schema: Schema } } = {
  'X-Request-Id': { description: 'The provider\'s request id where it gave one, else ours.', schema: text },
  'X-Generation-Id': { description: 'The id of the exchange in the ledger: ask for it at /v1/generation.', schema: text },
  'X-Aibroker-Provider': { description: 'Who answered.', schema: text },
  'X-Aibroker-Model': { description: 'The model as that provider calls it.', schema: text },
  'X-Aibroker-Attempts': { description: 'How many calls were made for this answer.', schema: count },
  'X-Aibroker-Cost-Usd': {
    description: 'What it cost, on plain answers; absent where the price is not known.',
    schema: { type: 'string', pattern: '^\\d+\\.\\d{9}$' }
  },
  'X-Aibroker-Cost-Grade': {
    description: 'How the cost is known.',
    schema: { type: 'string', enum: ['reported', 'counted', 'bounded', 'unpriced', 'free'] }
  },
  'X-Aibroker-Edits': { description: 'What was changed of the body on its way to the provider.', schema: text },
  'X-Aibroker-Budget-Clamped': {
    description: 'The limit of output tokens that a budget left room for.', schema: count
  },
  'X-Aibroker-Healed': { description: '"content": what was nearly JSON was made JSON (plugin response-healing).', schema: text },
  'X-Aibroker-Loss': { description: 'Members of the request, or of its answer, that could not be told.', schema: text },
  'X-Aibroker-Idempotent-Replay': { description: 'The answer is the one that was kept for this Idempotency-Key.', schema: text },
  'Retry-After': { description: 'Seconds after which another try makes sense.', schema: count },
  'X-Should-Retry': { description: '"false": the same request meets the same refusal.', schema: text },
  'WWW-Authenticate': { description: '"Bearer".', schema: text },
  Allow: { description: 'The methods this path is served with.', schema: text },
  ETag: { description: 'Send it back as If-None-Match.', schema: text }
}

/** Of answers that an exchange gives. */
export const EXCHANGE_HEADERS = [
  'X-Request-Id', 'X-Generation-Id', 'X-Aibroker-Provider', 'X-Aibroker-Model', 'X-Aibroker-Attempts',
  'X-Aibroker-Cost-Usd', 'X-Aibroker-Cost-Grade', 'X-Aibroker-Edits', 'X-Aibroker-Budget-Clamped',
  'X-Aibroker-Healed', 'X-Aibroker-Loss', 'X-Aibroker-Idempotent-Replay'
]
