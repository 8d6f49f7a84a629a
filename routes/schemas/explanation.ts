// Why an exchange went the way it did: src/routing/explain.ts writes it.

import { TASKS, TRANSLATIONS } from '../../src/core/ask.ts'
import type { Schema } from '../../src/openapi/schema.ts'
import { COST_GRADE } from './usage.ts'
import { count, flag, listOf, oneOf, orNull, record, text, time, usd, whole } from './words.ts'

/** A backend, and why it is where it is. */
export const BACKEND: { readonly [member: string]: Schema } = {
  backend: text('provider:model'),
  provider: text('Id of the provider.'),
  model_id: text('The model as the provider calls it.')
}

export const TRANSLATION = oneOf(TRANSLATIONS, 'It is told the request as another, since it has no endpoint for this one; absent: as it came.')

export const PRIORITY = text('Its priority, where the operator set it live (priority.set), and what the file says.')

const considered = record({
  title: 'ConsideredBackend',
  says: 'One backend of the plan.',
  members: {
    ...BACKEND,
    verdict: oneOf(['chosen', 'tried', 'skipped'], 'It gave the answer, it did not, or it was not asked.'),
    code: text('For programs.'),
    reason: text('In words.')
  },
  optional: { translation: TRANSLATION, priority: PRIORITY, would_help: text('What would have made it eligible.') }
})

const lineItem = record({
  says: 'One part of the bill.',
  members: { kind: text('What of.'), count: count('How many.'), cost_usd: usd('What they cost.') }
})

const applied = record({
  says: 'Which part of the price.',
  members: {
    above_input: orNull(count('Input tokens from which on it applies.')),
    service_tier: orNull(text('As the provider told it.')),
    region: orNull(text('As the provider told it.')),
    utc_hours: orNull(text('The part of the day, by the moment it was sent: 2200-0600.')),
    is_service_tier_priced: orNull(flag('False: at the plain rates.'))
  }
})

const adjustment = record({
  says: 'A later correction.',
  members: {
    kind: text('What made it.'),
    at: time('When.'),
    difference_usd: usd('What it added.'),
    cost_grade: COST_GRADE,
    source: text('What it is known from.')
  }
})

const attempt = record({
  title: 'ExplainedAttempt',
  says: 'One call.',
  members: {
    number: count('From 1 on.'),
    provider: text('Id of the provider.'),
    model: text('Name of the model.'),
    model_id: text('The model as the provider calls it.'),
    credential: orNull(text('Id of the credential, never the credential.')),
    started_at: time('When it was sent.'),
    outcome: orNull(text('Null: it still runs.')),
    upstream_status: orNull(whole('Its HTTP status.')),
    reason: orNull(text('In words.')),
    duration_ms: orNull(count('To its end.')),
    first_event_ms: orNull(count('To its first output.')),
    delivered_bytes: orNull(count('Of a stream that did not come to its end.')),
    cost_usd: orNull(usd('With its corrections.')),
    cost_grade: orNull(COST_GRADE),
    price_version: orNull(text('Of the price it was booked at.')),
    line_items: orNull(listOf(lineItem, 'What the cost is the sum of.')),
    price_applied: { ...orNull(applied), description: 'Null: the plain rates.' },
    computed_usd: orNull(usd('Our own sum, where the provider told another.')),
    markup_usd: orNull(usd('What the operator added.')),
    adjustments: listOf(adjustment, 'The oldest first.')
  }
})

export const explanation = record({
  title: 'Explanation',
  says: 'One exchange.',
  members: {
    id: text('gen-…'),
    created_at: time('When it was asked for.'),
    task: oneOf(TASKS, 'What was asked for.'),
    is_stream: flag('As a stream.'),
    requested_model: text('As the client called it.'),
    summary: text('One sentence.'),
    status: orNull(whole('The HTTP status the client got; null: it still runs.')),
    error: orNull(text('The broker\'s name of the failure.')),
    duration_ms: orNull(count('To the end of the answer.')),
    cost_usd: usd('What is known of it.'),
    unpriced_attempts: count('Calls whose cost is not known.'),
    policy: orNull(text('How the order came about.')),
    catalog_version: orNull(text('Of the catalog it was planned with.')),
    ranked_lower: count('Eligible ones beyond those that are listed.'),
    considered: listOf(considered, 'In the order they would be asked, then those that were not eligible.'),
    attempts: listOf(attempt, 'In order.')
  }
})
