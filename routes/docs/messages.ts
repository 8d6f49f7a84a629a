// What the routes of Anthropic's Messages are.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { messagesAnswer, messagesEvent, messagesFailure, messagesRequest } from '../schemas/message.ts'
import { inference } from './inference.ts'

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
