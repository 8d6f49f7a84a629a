// What the routes are that tell a key about itself and its requests.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { generation } from '../schemas/generation.ts'
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
  answers: { 200: { says: 'The credits.', content: { [json]: credits } } }
}

export const GENERATION_DOC: RouteDoc = {
  group: 'Account',
  summary: 'What came of one request',
  query: [{
    name: 'id',
    says: 'The X-Generation-Id of an answer.',
    schema: text(''),
    isRequired: true,
    example: 'gen-1795292303-00000001TH3XpKWFzpDv'
  }],
  answers: { 200: { says: 'The generation.', content: { [json]: generation } } },
  errors: ['unknown_exchange']
}
