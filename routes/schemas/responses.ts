// OpenAI's Responses: what may be asked, a whole response, one event of a stream.
// https://platform.openai.com/docs/api-reference/responses

import { MODEL, STREAM } from './chat.ts'
import { ADDED } from './usage.ts'
import { always, anything, count, flag, listOf, number, oneOf, orNull, record, text, whole } from './words.ts'

export const responsesRequest = record({
  title: 'ResponsesRequest',
  says: 'It is answered through a chat: what a chat can hold passes to the provider, and what is lost is named in ' +
    'X-Aibroker-Loss.',
  members: {
    model: MODEL,
    input: { anyOf: [text(''), listOf({ type: 'object' }, '')], description: 'A text, or the items of the conversation so far.' }
  },
  optional: {
    stream: STREAM,
    instructions: orNull(text('What the model should heed, before everything else.')),
    max_output_tokens: orNull(count('The most tokens to write, reasoning included.')),
    temperature: orNull(number('0 to 2.')),
    top_p: orNull(number('0 to 1.')),
    tools: listOf({ type: 'object' }, 'Functions, custom tools and namespaces of them; web_search where OpenRouter serves the model.'),
    tool_choice: anything('"none", "auto", "required", one tool, or those allowed.'),
    parallel_tool_calls: orNull(flag('Whether several tools may be called at once.')),
    reasoning: orNull(record({ says: 'How long to think, and whether to tell a summary of it.', members: {}, isOpen: true })),
    text: record({ says: 'Text, JSON, or JSON of a schema; how much to say.', members: {}, isOpen: true }),
    include: orNull(listOf(text(''), 'What else the answer should have.')),
    truncation: orNull(oneOf(['auto', 'disabled'], 'Whether messages may be left out of a prompt that is too long.')),
    metadata: orNull(record({ says: 'Repeated in the answer.', members: {}, isOpen: true })),
    store: orNull(flag('False, or left out: no answer is kept.'))
  },
  isOpen: true
})

const item = record({
  title: 'ResponseItem',
  says: 'A message, a reasoning item, a call of a function or of a custom tool, or an image.',
  members: {
    type: oneOf(['message', 'reasoning', 'function_call', 'custom_tool_call', 'image_generation_call'], 'What it is.'),
    id: text('Unique in its answer.')
  },
  isOpen: true
})

const usage = record({
  title: 'ResponseUsage',
  says: 'What the answer used.',
  members: {
    input_tokens: count('Tokens of the request.'),
    input_tokens_details: record({
      says: 'Of the request.', members: { cached_tokens: count('Read from a prompt cache.') }, isOpen: true
    }),
    output_tokens: count('Tokens of the answer, reasoning included.'),
    output_tokens_details: record({
      says: 'Of the answer.', members: { reasoning_tokens: count('Spent on reasoning.') }, isOpen: true
    }),
    total_tokens: count('Their sum.')
  },
  optional: { cost: number('US dollars. Absent where the price is not known.') },
  isOpen: true
})

export const responseAnswer = record({
  title: 'Response',
  says: 'A response. It repeats the members of its request that configure it.',
  members: {
    id: text('"resp_" and what X-Generation-Id has behind its own prefix.'),
    object: always('response'),
    created_at: whole('Unix seconds.'),
    completed_at: orNull(whole('Unix seconds; null: not completed.')),
    status: oneOf(['completed', 'incomplete', 'in_progress', 'failed'], 'How far it came.'),
    error: orNull(record({ says: 'Why it failed.', members: { code: text('OpenAI\'s code.'), message: text('In words.') } })),
    incomplete_details: orNull(record({
      says: 'Why it is not whole.', members: { reason: oneOf(['max_output_tokens', 'content_filter'], '') }
    })),
    model: text('The model that answered.'),
    output: listOf(item, 'In the order of the answer.'),
    instructions: orNull(text('As asked; null also where it is very long.')),
    metadata: orNull(record({ says: 'As asked.', members: {}, isOpen: true })),
    temperature: orNull(number('As asked.')),
    top_p: orNull(number('As asked.')),
    presence_penalty: orNull(number('As asked.')),
    frequency_penalty: orNull(number('As asked.')),
    parallel_tool_calls: flag('As asked; true unless it says otherwise.'),
    tool_choice: anything('As asked; "auto" unless it says otherwise.'),
    tools: listOf({ type: 'object' }, 'As asked; none where they are very long.'),
    store: flag('Always false.')
  },
  optional: { usage, ...ADDED, error_type: text('OpenRouter\'s name of the failure.') },
  isOpen: true
})

export const responseEvent = record({
  title: 'ResponseEvent',
  says: 'One event of a stream. The first is response.created, the last one response.completed, response.incomplete or ' +
    'response.failed, with the whole response.',
  members: { type: text('The same as the name of the event.'), sequence_number: count('From 0, rising by one.') },
  optional: { response: responseAnswer, item, item_id: text('Which item it is about.'), output_index: count('Where that stands.') },
  isOpen: true
})
