// What the route for OpenAI's Responses is.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { responseAnswer, responseEvent, responsesRequest } from '../schemas/responses.ts'
import { inference } from './inference.ts'

const json = 'application/json'

export const RESPONSES_DOC: RouteDoc = inference({
  summary: 'Respond to items',
  more: 'OpenAI\'s Responses without state: store is false, and each request sends its whole conversation. The answer is ' +
    'whole, or a stream of events where "stream" is true.',
  body: { [json]: responsesRequest },
  example: { model: 'auto', input: 'Good morning!' }
}, { [json]: responseAnswer, 'text/event-stream': responseEvent })
