// The usage report: src/ledger/usage-report.ts writes it.

import { USAGE_GROUPS } from '../../src/ledger/reports.ts'
import type { Schema } from '../../src/openapi/schema.ts'
import { count, listOf, oneOf, record, text, time, usd, whole } from './words.ts'

const SUMS: { readonly [member: string]: Schema } = {
  requests: count('Requests made.'),
  errors: count('Those that failed.'),
  prompt_tokens: count('Tokens of requests, as far as they were told.'),
  completion_tokens: count('Tokens of answers.'),
  total_tokens: count('Their sum.'),
  cached_tokens: count('Of the requests: read from a prompt cache.'),
  reasoning_tokens: count('Of the answers: spent on reasoning.'),
  cost_usd: usd('What is known to be spent.'),
  cost_nano_usd: whole('The same in billionths; may be larger than 2^53.'),
  unpriced_requests: count('Requests whose cost is not known; they are in no sum.')
}
const WHEN: { readonly [member: string]: Schema } = {
  first_request_at: time('The first of them.'), last_request_at: time('The last of them.')
}

const byModel = record({
  title: 'UsageOfModel', says: 'Sums of one model.', members: { model: text('Its name.'), ...SUMS }, optional: WHEN
})

/** A row is named by the member that the report is by: one of these is there. */
const GROUPS: { readonly [group: string]: Schema } = {
  ip: text('Address of the client.'),
  key: text('Id of the client key.'),
  model: text('Name of the model.'),
  provider: text('Id of the provider.'),
  day: text('YYYY-MM-DD, UTC.')
}

export const usageReport = record({
  title: 'UsageReport',
  says: 'What was used and what it cost.',
  members: {
    by: oneOf(USAGE_GROUPS, 'What the rows are of.'),
    data: listOf(record({
      says: 'One address, key, model, provider or day.',
      members: { ...SUMS, by_model: listOf(byModel, 'The same by model.') },
      optional: { ...GROUPS, ...WHEN }
    }), 'A row each.'),
    totals: record({ says: 'All of it.', members: SUMS, optional: WHEN })
  },
  optional: { since: time('From when on; whole hours.'), until: time('Until when; whole hours.') }
})

export const usageTable: Schema = text('RFC 4180: the members of a row as columns, without totals.')
