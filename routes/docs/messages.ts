// What the routes of Anthropic's Messages are.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { messagesAnswer, messagesEvent, messagesFailure, messagesRequest, tokenCount } from '../schemas/message.ts'
import { inference, PLANNING_ERRORS } from './inference.ts'

const json = 'application/json'

const EXAMPLE = { model: 'auto', max_tokens: 1_024, messages: [{ role: 'user', content: 'Good morning!' }] }

export const MESSAGES_DOC: RouteDoc = {
  ...inference({
    summary: 'Chat with a model, as Anthropic\'s clients ask',
    more: 'Anthropic\'s Messages in front of any model. The answer is whole, or a stream of events where "stream" is ' +
      'true. docs/messages.md tells what becomes of each member.',
    body: { [json]: messagesRequest },
    example: EXAMPLE
  }, { [json]: messagesAnswer, 'text/event-stream': messagesEvent }),
  failure: messagesFailure
}

export const COUNT_TOKENS_DOC: RouteDoc = {
  group: 'Inference',
  summary: 'Count the input of a request, as Anthropic\'s clients ask',
  more: 'Nothing is sent. Counted with the tokenizer of the model that would be asked first where that is known, else ' +
    'estimated, and rather too much: x_aibroker.grade says which.',
  body: { [json]: messagesRequest },
  example: { model: 'auto', messages: EXAMPLE.messages },
  answers: { 200: { says: 'How much it is.', content: { [json]: tokenCount } } },
  errors: PLANNING_ERRORS,
  failure: messagesFailure
}
