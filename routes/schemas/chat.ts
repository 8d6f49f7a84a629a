// Chat: what may be asked, a whole answer, one chunk of a stream.
// https://platform.openai.com/docs/api-reference/chat, https://openrouter.ai/docs/api/reference/overview

import type { Schema } from '../../src/openapi/schema.ts'
import { failureDetail } from './failure.ts'
import { ADDED, usage } from './usage.ts'
import { always, anything, count, flag, listOf, number, oneOf, orNull, record, text, whole } from './words.ts'

export const MODEL: Schema = text('A name or alias of the model list, "auto", or provider/model.')
export const STREAM: Schema = flag('Send the answer as server-sent events, one chunk each, closed by "[DONE]".')

const message = record({
  title: 'ChatMessage',
  says: 'One message of the conversation.',
  members: { role: oneOf(['developer', 'system', 'user', 'assistant', 'tool', 'function'], 'Who says it.') },
  optional: {
    content: anything('Text, or a list of parts: text, image_url, input_audio, file. Null beside tool calls.'),
    name: text('Tells speakers of one role apart.'),
    tool_calls: listOf({ type: 'object' }, 'Of an assistant: the calls it made.'),
    tool_call_id: text('Of a tool: the call it answers.')
  },
  isOpen: true
})

/** Members of bodies that write text. */
export const SAMPLING: { readonly [member: string]: Schema } = {
  stream: STREAM,
  stream_options: record({
    says: 'Of a stream.',
    members: {},
    optional: { include_usage: flag('End with a chunk that tells usage and cost.') },
    isOpen: true
  }),
  max_tokens: count('The most tokens to write.'),
  temperature: number('0 to 2.'),
  top_p: number('0 to 1.'),
  stop: { anyOf: [text(''), listOf(text(''), '')], description: 'Texts to stop at.' },
  seed: whole('For the same answer again, where the model can.'),
  n: count('Number of answers; each is paid for.')
}

export const chatRequest = record({
  title: 'ChatRequest',
  says: 'What else a provider takes passes to it as it is.',
  members: { model: MODEL, messages: listOf(message, 'The conversation so far.') },
  optional: {
    ...SAMPLING,
    max_completion_tokens: count('The most tokens to write, reasoning included.'),
    tools: listOf({ type: 'object' }, 'Functions the model may call.'),
    tool_choice: anything('"none", "auto", "required", or one tool.'),
    response_format: record({ says: 'Text, JSON, or JSON of a schema.', members: {}, isOpen: true }),
    reasoning_effort: text('How long to think.')
  },
  isOpen: true
})

const toolCall = record({
  says: 'A call of a tool.',
  members: {
    id: text('To be given back with the result.'),
    type: text('"function"'),
    function: record({
      says: 'Which, and with what.',
      members: { name: text('Its name.'), arguments: text('JSON, as the model wrote it.') },
      isOpen: true
    })
  },
  isOpen: true
})

const FINISH_REASON = orNull(text('Why it ended: "stop", "length", "tool_calls", "content_filter", "error".'))

const choice = record({
  says: 'One answer.',
  members: {
    index: count('From 0 on.'),
    message: record({
      says: 'What the model says.',
      members: { role: always('assistant') },
      optional: {
        content: orNull(text('Null where it only calls tools.')),
        refusal: orNull(text('Why it will not.')),
        reasoning: orNull(text('What it thought.')),
        tool_calls: listOf(toolCall, 'Tools it wants called.')
      },
      isOpen: true
    }),
    finish_reason: FINISH_REASON
  },
  isOpen: true
})

export const chatAnswer = record({
  title: 'ChatAnswer',
  says: 'A whole answer.',
  members: {
    id: text('The provider\'s id of the answer.'),
    object: always('chat.completion'),
    created: whole('Unix seconds.'),
    model: text('The model that answered.'),
    choices: listOf(choice, 'As many as were asked for.')
  },
  optional: { system_fingerprint: orNull(text('The provider\'s set-up.')), usage, ...ADDED },
  isOpen: true
})

const part = record({
  says: 'The next part of one answer.',
  members: {
    index: count('Which answer it belongs to.'),
    delta: record({
      says: 'What is added.',
      members: {},
      optional: {
        role: always('assistant'),
        content: orNull(text('Text.')),
        reasoning: orNull(text('Thought.')),
        tool_calls: listOf(record({
          says: 'A part of a call; the first has its id and name.',
          members: { index: count('Which call.') },
          isOpen: true
        }), 'Parts of calls.')
      },
      isOpen: true
    }),
    finish_reason: FINISH_REASON
  },
  isOpen: true
})

export const chatChunk = record({
  title: 'ChatChunk',
  says: 'One event of a stream. The last one tells usage, when it was asked for. A stream that breaks ends with a chunk ' +
    'that has "error", and never with "[DONE]".',
  members: {
    id: text('The same in every chunk.'),
    object: always('chat.completion.chunk'),
    created: whole('Unix seconds.'),
    model: text('The model that answers.'),
    choices: listOf(part, 'Empty in the chunk that tells usage.')
  },
  optional: { system_fingerprint: orNull(text('The provider\'s set-up.')), usage: orNull(usage), error: failureDetail, ...ADDED },
  isOpen: true
})
