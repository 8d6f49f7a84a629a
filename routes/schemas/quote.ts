// What a request would do and cost: src/routing/quote.ts writes it.

import { TASKS } from '../../src/core/ask.ts'
import { BACKEND, TRANSLATION } from './explanation.ts'
import { always, count, flag, listOf, oneOf, orNull, record, text, usd } from './words.ts'

const COSTS = {
  minimum_cost_usd: orNull(usd('At the least.')),
  expected_cost_usd: orNull(usd('An estimate.')),
  maximum_cost_usd: orNull(usd('At the most; what would be reserved.'))
}

export const quote = record({
  title: 'Quote',
  says: 'Nothing was sent, recorded or reserved for it. Amounts are null where the price is not known.',
  members: {
    object: always('aibroker.quote'),
    dry_run: flag('Always true.'),
    requested_model: text('As the client called it.'),
    task: oneOf(TASKS, 'What was asked for.'),
    is_stream: flag('As a stream.'),
    policy: text('How the order comes about.'),
    catalog_version: text('Of the catalog it was planned with.'),
    would_ask: orNull(text('provider:model; null: nobody is eligible.')),
    ...COSTS,
    candidates: listOf(record({
      says: 'An eligible backend.',
      members: {
        ...BACKEND,
        model: text('Name of the model.'),
        counted_input_tokens: orNull(count('What it would read; null: its tokenizer is not known.')),
        ...COSTS,
        price_version: orNull(text('Of the price it would be booked at.'))
      },
      optional: { translation: TRANSLATION }
    }), 'In the order they would be asked; the first twelve.'),
    ranked_lower: count('Eligible ones beyond those.'),
    excluded: listOf(record({
      says: 'A backend that is not eligible.',
      members: { ...BACKEND, code: text('For programs.'), reason: text('In words.') },
      optional: { would_help: text('What would make it eligible.') }
    }), 'With their reasons.')
  }
})
