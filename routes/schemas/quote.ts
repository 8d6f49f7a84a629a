// What a request would do and cost: src/routing/quote.ts writes it.

import { TASKS } from '../../src/core/ask.ts'
import { BUDGET_UNITS } from '../../src/budgets/budget.ts'
import { BUDGET_VERDICTS } from '../../src/ledger/budget-answer.ts'
import { BACKEND, PRIORITY, TRANSLATION } from './explanation.ts'
import { always, count, flag, listOf, oneOf, orNull, record, text, time, usd } from './words.ts'

const COSTS = {
  minimum_cost_usd: orNull(usd('At the least.')),
  expected_cost_usd: orNull(usd('An estimate.')),
  maximum_cost_usd: orNull(usd('At the most; what would be reserved.'))
}

const budget = record({
  title: 'BudgetAnswer',
  says: 'A budget the request would count in. Amounts as text, in its unit.',
  members: {
    budget: text('Its name.'),
    scope: text('Whose use it counts: global, or kind:value.'),
    unit: oneOf(BUDGET_UNITS, 'What it counts.'),
    is_soft: flag('It counts and tells, but refuses nothing.'),
    window: text('Of which time, in words.'),
    limit: text('What it allows.'),
    spent: text('What is used of it.'),
    reserved: text('What running requests hold.'),
    left: text('What is left.'),
    needed: orNull(text('What the request would reserve; null: it has no bound.')),
    resets_at: orNull(time('When its window ends; null: it does not.')),
    verdict: oneOf(BUDGET_VERDICTS, 'Refused with 402 where one refuses or needs_bound; clamps: sent with less output.')
  },
  optional: {
    max_output_tokens: count('The output it has room for, where it clamps.'),
    reason: text('Why it would refuse: the sentence of the 402.')
  }
})

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
      optional: { translation: TRANSLATION, priority: PRIORITY }
    }), 'In the order they would be asked; the first twelve.'),
    budgets: listOf(budget, 'Those that would_ask would count in, and what each would answer now.'),
    ranked_lower: count('Eligible ones beyond those.'),
    excluded: listOf(record({
      says: 'A backend that is not eligible.',
      members: { ...BACKEND, code: text('For programs.'), reason: text('In words.') },
      optional: { would_help: text('What would make it eligible.') }
    }), 'With their reasons.')
  }
})
