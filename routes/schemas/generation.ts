// One generation in OpenRouter's shape: src/ledger/account-generation.ts writes it.

import { FEEDBACK_CATEGORIES } from '../../src/ledger/feedback.ts'
import type { Schema } from '../../src/openapi/schema.ts'
import { COST_GRADE } from './usage.ts'
import { count, flag, listOf, nothing, number, oneOf, orNull, record, text, time, usd, whole } from './words.ts'

const tokens = (says: string): Schema => orNull(count(`${says} Null: not told.`))
const notKept: Schema = nothing('Not kept.')

const response = record({
  says: 'A call to a provider.',
  members: {
    status: orNull(whole('Its HTTP status.')),
    provider_name: text('Whom it went to.'),
    endpoint_id: text('provider:model'),
    model_permaslug: text('The model as the provider calls it.'),
    is_byok: flag('Always false.')
  },
  optional: { id: text('The provider\'s id of the answer.'), latency: number('Milliseconds.') }
})

const CATEGORY = oneOf(FEEDBACK_CATEGORIES, 'What it is about.')

const feedback = record({
  title: 'GenerationFeedback',
  says: 'What was said of it, told to those who administer.',
  members: { category: CATEGORY, comment: orNull(text('In words.')), created_at: time('When it was said.') }
})

export const feedbackWish = record({
  title: 'GenerationFeedbackWish',
  says: 'What is to be said of a generation.',
  members: { generation_id: text('Of which.'), category: CATEGORY },
  optional: { comment: orNull(text('In words; at most 1000 characters.')) },
  isOpen: true
})

export const success = record({
  title: 'Success', says: 'It is done.', members: { data: record({ says: '', members: { success: flag('Always true.') } }) }
})

const more = record({
  says: 'Exact, and what OpenRouter has no member for.',
  members: {
    requested_model: text('The model as the client called it.'),
    status: orNull(whole('The HTTP status the client got.')),
    error: orNull(text('The broker\'s name of the failure.')),
    duration_ms: orNull(count('From the request to the end of the answer.')),
    attempts: count('Calls made.'),
    cost_usd: orNull(usd('What it cost.')),
    cost_grade: orNull(COST_GRADE),
    markup_usd: orNull(usd('What the operator added.')),
    feedback: orNull(feedback)
  }
})

export const generation = record({
  title: 'Generation',
  says: 'What came of one request. Null: not known.',
  members: {
    data: record({
      says: '',
      members: {
        id: text('gen-…'),
        upstream_id: orNull(text('The provider\'s id of the answer.')),
        created_at: time('When it was asked for.'),
        model: text('The model that was asked.'),
        provider_name: orNull(text('Who answered, or was asked last.')),
        streamed: flag('As a stream.'),
        cancelled: flag('The client left first.'),
        api_type: orNull(oneOf(['completions', 'embeddings', 'tts', 'stt', 'image'], 'What was asked for.')),
        finish_reason: orNull(text('stop, length, tool_calls, content_filter or error; the provider\'s own word where it means none of them.')),
        native_finish_reason: orNull(text('In the provider\'s own word.')),
        total_cost: orNull(number('US dollars.')),
        usage: orNull(number('The same.')),
        cache_discount: orNull(number('US dollars that prompt caching saved.')),
        upstream_inference_cost: notKept,
        latency: orNull(number('Milliseconds to the first output.')),
        generation_time: orNull(number('Milliseconds of the call that answered.')),
        moderation_latency: notKept,
        tokens_prompt: tokens('Of the request.'),
        tokens_completion: tokens('Of the answer.'),
        native_tokens_prompt: tokens('The same.'),
        native_tokens_completion: tokens('The same.'),
        native_tokens_reasoning: tokens('Spent on reasoning.'),
        native_tokens_cached: tokens('Read from a prompt cache.'),
        native_tokens_completion_images: tokens('Of images.'),
        num_search_results: tokens('Searches.'),
        num_media_prompt: notKept,
        num_media_completion: notKept,
        num_input_audio_prompt: notKept,
        num_fetches: notKept,
        web_search_engine: notKept,
        app_id: notKept,
        origin: text('Always empty.'),
        http_referer: notKept,
        user_agent: notKept,
        external_user: notKept,
        is_byok: flag('Always false.'),
        router: notKept,
        service_tier: notKept,
        preset_id: notKept,
        workspace_id: notKept,
        data_region: text('"global"'),
        provider_responses: listOf(response, 'Each call that was made for it.'),
        x_aibroker: more
      }
    })
  }
})
