// Anthropic's Messages: what may be asked, a whole answer, one event of a stream, a failure.
// https://docs.claude.com/en/api/messages, and OpenRouter's additions to them.

import type { Schema } from '../../src/openapi/schema.ts'
import { MODEL, STREAM } from './chat.ts'
import { ADDED } from './usage.ts'
import { always, anything, count, listOf, number, oneOf, orNull, record, text } from './words.ts'

const turn = record({
  title: 'MessagesTurn',
  says: 'One turn of the talk.',
  members: {
    role: oneOf(['user', 'assistant', 'system'], 'Who says it.'),
    content: anything('Text, or a list of blocks: text, image, document, tool_use, tool_result, thinking and others.')
  },
  isOpen: true
})

export const messagesRequest = record({
  title: 'MessagesRequest',
  says: 'What no chat can say is left out, and named in X-Aibroker-Loss.',
  members: { model: MODEL, messages: listOf(turn, 'The talk so far.') },
  optional: {
    max_tokens: count('The most tokens to write.'),
    system: anything('Text, or a list of text blocks.'),
    stream: STREAM,
    temperature: number('0 to 1.'),
    top_p: number('0 to 1.'),
    top_k: count('Among how many tokens is chosen.'),
    stop_sequences: listOf(text(''), 'Texts to stop at; the first four count.'),
    tools: listOf({ type: 'object' }, 'Tools that the client runs.'),
    tool_choice: anything('Whether and which tool is to be called.'),
    thinking: anything('Whether and how long the model may think.'),
    output_config: anything('Effort, and the JSON schema of the answer.'),
    fallbacks: listOf(record({ says: 'Another model.', members: { model: text('Its name.') } }), 'At most three.'),
    metadata: anything('user_id.')
  },
  isOpen: true
})

const block = record({
  title: 'MessagesBlock',
  says: 'A part of the answer.',
  members: { type: text('"text", "thinking", "redacted_thinking" or "tool_use".') },
  isOpen: true
})

export const messagesUsage = record({
  title: 'MessagesUsage',
  says: 'What was used.',
  members: {
    input_tokens: count('Input that neither came from the prompt cache nor went into it.'),
    output_tokens: count('Output, thoughts included.'),
    cache_creation_input_tokens: orNull(count('Input that went into the prompt cache.')),
    cache_read_input_tokens: orNull(count('Input that came from it.'))
  },
  optional: { cost: number('USD; absent where no price is known.') },
  isOpen: true
})

const stopReason: Schema = orNull(text(
  'Why it ended: "end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal" and others.'))

const HEAD = {
  id: text('msg_ and the rest of the generation\'s id.'),
  type: always('message'),
  role: always('assistant'),
  model: text('The model that was asked for.'),
  content: listOf(block, 'What the model says.'),
  stop_reason: stopReason,
  stop_sequence: orNull(text('The text that ended it.')),
  usage: messagesUsage
}

const { provider, ...addedElsewhere } = ADDED

export const messagesAnswer = record({
  title: 'MessagesAnswer',
  says: 'A whole answer.',
  members: HEAD,
  optional: ADDED,
  isOpen: true
})

export const messagesEvent = record({
  title: 'MessagesEvent',
  says: 'One event of a stream: message_start, the blocks one behind the other, message_delta, message_stop.',
  members: { type: text('The name of the event, as in its line "event:".') },
  optional: { usage: messagesUsage, ...addedElsewhere },
  isOpen: true
})

export const messagesFailure = record({
  title: 'MessagesFailure',
  says: 'Why there is no answer.',
  members: {
    type: always('error'),
    error: record({
      says: 'What went wrong.',
      members: { type: text('One of Anthropic\'s types of errors.'), message: text('What to do about it.') },
      optional: { error_type: text('OpenRouter\'s name of it.') },
      isOpen: true
    }),
    request_id: orNull(text('Of this request.'))
  },
  isOpen: true
})

export const tokenCount = record({
  title: 'TokenCount',
  says: 'How much input a request is.',
  members: {
    input_tokens: count('Counted or estimated.'),
    x_aibroker: record({
      says: 'How that is known.',
      members: { model_id: text('Whose tokens.'), grade: oneOf(['counted', 'estimated'], 'Which of the two.') }
    })
  }
})
