// What the routes are that keep presets.

import type { ErrorCode } from '../../src/core/errors.ts'
import type { ParameterDoc, RouteDoc } from '../../src/openapi/route-doc.ts'
import { chatRequest } from '../schemas/chat.ts'
import { messagesFailure, messagesRequest } from '../schemas/message.ts'
import { presetAnswer, presetList, presetVersionAnswer, presetVersionList } from '../schemas/preset.ts'
import { responsesRequest } from '../schemas/responses.ts'
import { count, text } from '../schemas/words.ts'

const json = 'application/json'
const group = 'Models'
const slug: ParameterDoc = { name: 'slug', says: 'The name of the preset.', schema: text(''), example: 'brief' }
const query: readonly ParameterDoc[] = [
  { name: 'offset', says: 'Where a page begins.', schema: count('') },
  { name: 'limit', says: 'Length of a page, 100 at the most.', schema: count('') }
]
const UNKNOWN: readonly ErrorCode[] = ['no_such_preset']

export const PRESETS_DOC: RouteDoc = {
  group,
  summary: 'The presets',
  query,
  answers: { 200: { says: 'A page of them.', content: { [json]: presetList } } },
  errors: ['invalid_body']
}

export const PRESET_DOC: RouteDoc = {
  group,
  summary: 'One preset',
  path: { slug },
  answers: { 200: { says: 'The preset.', content: { [json]: presetAnswer } } },
  errors: UNKNOWN
}

export const PRESET_VERSIONS_DOC: RouteDoc = {
  group,
  summary: 'The versions of a preset',
  path: { slug },
  query,
  answers: { 200: { says: 'A page of them.', content: { [json]: presetVersionList } } },
  errors: [...UNKNOWN, 'invalid_body']
}

export const PRESET_VERSION_DOC: RouteDoc = {
  group,
  summary: 'One version of a preset',
  path: { slug, version: { name: 'version', says: 'Its number.', schema: count(''), example: '1' } },
  answers: { 200: { says: 'The version.', content: { [json]: presetVersionAnswer } } },
  errors: UNKNOWN
}

export const MAKE_PRESET_DOC: RouteDoc = {
  group,
  summary: 'Keep a request as a preset',
  more: 'What configures it and its system prompt are kept, as the next version; nothing is sent. For management keys, ' +
    'keys of the operator, and programs of this machine without a key.',
  path: { slug },
  body: { [json]: chatRequest },
  example: { model: 'auto', temperature: 0.2, messages: [{ role: 'system', content: 'Be brief.' }] },
  answers: { 200: { says: 'As it is now.', content: { [json]: presetAnswer } } },
  errors: ['management_only', 'too_many_presets', 'invalid_json', 'invalid_body', 'too_large', 'wrong_content_type']
}

export const MAKE_RESPONSES_PRESET_DOC: RouteDoc = {
  ...MAKE_PRESET_DOC,
  summary: 'Keep a request of /responses as a preset',
  body: { [json]: responsesRequest },
  example: { model: 'auto', temperature: 0.2, instructions: 'Be brief.' }
}

export const MAKE_PRESET_OF_MESSAGES_DOC: RouteDoc = {
  ...MAKE_PRESET_DOC,
  summary: 'Keep a request in Anthropic\'s dialect as a preset',
  body: { [json]: messagesRequest },
  example: { model: 'auto', temperature: 0.2, system: 'Be brief.' },
  failure: messagesFailure
}
