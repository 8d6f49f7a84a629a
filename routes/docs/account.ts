// What the routes are that tell a key about itself and its requests.

import type { ParameterDoc, RouteDoc } from '../../src/openapi/route-doc.ts'
import { feedbackWish, generation, success } from '../schemas/generation.ts'
import { credits, key } from '../schemas/key.ts'
import { text } from '../schemas/words.ts'

const json = 'application/json'

export const KEY_DOC: RouteDoc = {
  group: 'Account',
  summary: 'The key of this request',
  more: 'What it may still spend and what it has spent. Without a key: everything of this machine.',
  answers: { 200: { says: 'The key.', content: { [json]: key } } }
}

export const CREDITS_DOC: RouteDoc = {
  group: 'Account',
  summary: 'Credits of this key',
  answers: { 200: { says: 'The credits.', content: { [json]: credits } } },
  errors: ['management_only']
}

const EXAMPLE = 'gen-1795292303-00000001TH3XpKWFzpDv'
const ID: readonly ParameterDoc[] = [{
  name: 'id', says: 'The X-Generation-Id of an answer.', schema: text(''), isRequired: true, example: EXAMPLE
}]

export const GENERATION_DOC: RouteDoc = {
  group: 'Account',
  summary: 'What came of one request',
  query: ID,
  answers: { 200: { says: 'The generation.', content: { [json]: generation } } },
  errors: ['unknown_exchange']
}

export const CONTENT_DOC: RouteDoc = {
  group: 'Account',
  summary: 'The texts of one request',
  more: 'For clients that ask: no texts are kept, so there is never an answer but a 404 that says so.',
  query: ID,
  answers: {},
  errors: ['unknown_exchange', 'content_not_kept']
}

export const FEEDBACK_DOC: RouteDoc = {
  group: 'Account',
  summary: 'Say something of an answer',
  more: 'For management keys. The last word counts; the newest 10,000 are kept, each as long as the row of its request, ' +
    'and told by GET /generation.',
  body: { [json]: feedbackWish },
  example: { generation_id: EXAMPLE, category: 'incorrect_response', comment: 'It says the same three times.' },
  answers: { 200: { says: 'It is kept.', content: { [json]: success } } },
  errors: ['management_only', 'unknown_exchange', 'invalid_json', 'too_large', 'wrong_content_type']
}
