// What the routes are that say why.

import { TASKS } from '../../src/core/ask.ts'
import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { MODEL } from '../schemas/chat.ts'
import { explanation } from '../schemas/explanation.ts'
import { quote } from '../schemas/quote.ts'
import { oneOf, record, text } from '../schemas/words.ts'
import { PLANNING_ERRORS } from './inference.ts'

const json = 'application/json'

export const EXPLAIN_DOC: RouteDoc = {
  group: 'Why',
  summary: 'Why a request went where it went',
  path: {
    id: {
      name: 'id',
      says: 'The X-Generation-Id of an answer.',
      schema: text(''),
      example: 'gen-1795292303-00000001TH3XpKWFzpDv'
    }
  },
  answers: { 200: { says: 'What was considered, tried and paid.', content: { [json]: explanation } } },
  errors: ['unknown_exchange']
}

export const QUOTE_DOC: RouteDoc = {
  group: 'Why',
  summary: 'What a request would do and cost',
  more: 'Send the body of any inference request that is JSON. Nothing is sent, recorded or reserved for it.',
  query: [{
    name: 'task',
    says: 'Which endpoint is meant, where the body does not tell.',
    schema: oneOf(TASKS.filter((task) => task !== 'transcription'), '')
  }],
  body: { [json]: record({ says: 'The body of the request.', members: { model: MODEL }, isOpen: true }) },
  example: { model: 'auto', messages: [{ role: 'user', content: 'Good morning!' }] },
  answers: { 200: { says: 'The plan with its prices.', content: { [json]: quote } } },
  errors: PLANNING_ERRORS
}
