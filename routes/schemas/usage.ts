// What an answer used and cost, as the answers of models tell it.

import type { Schema } from '../../src/openapi/schema.ts'
import { count, number, oneOf, orNull, record, text, usd } from './words.ts'

export const COST_GRADE: Schema = oneOf(['reported', 'counted', 'bounded', 'unpriced', 'free'],
  'How the cost is known: told by the provider, counted by the broker, an upper bound, not at all, or nothing to pay.')

export const usage = record({
  title: 'Usage',
  says: 'What the answer used. Counts are the provider\'s own.',
  members: {},
  optional: {
    prompt_tokens: count('Tokens of the request.'),
    completion_tokens: count('Tokens of the answer, reasoning included.'),
    total_tokens: count('Their sum.'),
    cost: number('US dollars. Absent where the price is not known.'),
    prompt_tokens_details: record({
      says: 'Of the request.', members: { cached_tokens: count('Read from a prompt cache.') }, isOpen: true
    }),
    completion_tokens_details: record({
      says: 'Of the answer.', members: { reasoning_tokens: count('Spent on reasoning.') }, isOpen: true
    })
  },
  isOpen: true
})

export const receipt = record({
  title: 'Receipt',
  says: 'What the broker did for this answer. Not on answers of OpenRouter, which pass as they are.',
  members: {
    provider: text('Id of the provider.'),
    model_id: text('The model as the provider calls it.'),
    requested_model: text('The model as the client called it.'),
    strategy: text('How the provider was chosen.'),
    cost_usd: orNull(usd('What it cost.')),
    cost_grade: COST_GRADE,
    input_tokens: orNull(count('Null: not told.')),
    output_tokens: orNull(count('Null: not told.')),
    duration_ms: count('From the request to the end of the answer.'),
    attempts: count('Calls made.')
  }
})

/** What the broker adds to an answer of any task. */
export const ADDED: { readonly [member: string]: Schema } = {
  provider: text('Name of the provider that answered.'),
  x_aibroker: receipt
}
