// The report of whole days: src/admin/activity.ts writes it.

import { count, listOf, number, record, text, usd } from './words.ts'

const row = record({
  title: 'ActivityRow',
  says: 'A model at a provider on a day.',
  members: {
    date: text('A day of UTC.'),
    model: text('Its public name.'),
    model_permaslug: text('The same.'),
    endpoint_id: text('Provider and model; empty: no backend was eligible.'),
    provider_name: text('The provider; likewise.'),
    usage: number('What it cost, as far as it is known, in US dollars.'),
    byok_usage_inference: number('Always 0.'),
    requests: count('Requests.'),
    prompt_tokens: count('Of requests.'),
    completion_tokens: count('Of answers.'),
    reasoning_tokens: count('Of these, spent on reasoning.'),
    x_aibroker: record({
      says: 'Exact.',
      members: { usage_usd: usd('What it cost.'), unpriced_requests: count('Requests whose cost is not known.') }
    })
  },
  optional: { workspace_id: text('Always the same.') }
})

export const activity = record({
  title: 'Activity', says: 'What was used by day.', members: { data: listOf(row, 'The newest day first, and its dearest row.') }
})
