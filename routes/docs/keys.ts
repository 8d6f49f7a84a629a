// What the routes are that administer client keys.

import type { ErrorCode } from '../../src/core/errors.ts'
import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { codeTry, codeWish, exchangedKey, madeCode } from '../schemas/auth-code.ts'
import { clientKeyAnswer, clientKeyList, deletedKey, keyChange, keyWish, madeKey } from '../schemas/client-key.ts'
import { count, oneOf, text } from '../schemas/words.ts'

const json = 'application/json'
const MORE = 'For management keys, keys of the operator, and programs of this machine without a key.'
const BODY_ERRORS: readonly ErrorCode[] = ['invalid_json', 'too_large', 'wrong_content_type']
const ONE: Pick<RouteDoc, 'group' | 'more' | 'path'> = {
  group: 'Keys',
  more: MORE,
  path: { hash: { name: 'hash', says: 'As the list tells it.', schema: text(''), example: '3f1c…' } }
}

export const KEYS_DOC: RouteDoc = {
  group: 'Keys',
  summary: 'The client keys',
  more: MORE,
  query: [
    { name: 'offset', says: 'Where a page begins.', schema: count('') },
    { name: 'limit', says: 'Length of a page: 100 if it is not said, 500 at the most.', schema: count('') },
    { name: 'include_disabled', says: 'Those that are refused, too.', schema: oneOf(['true', 'false'], '') },
    { name: 'workspace_id', says: 'There is one.', schema: text('') }
  ],
  answers: { 200: { says: 'A page of them.', content: { [json]: clientKeyList } } },
  errors: ['management_only']
}

export const MAKE_KEY_DOC: RouteDoc = {
  group: 'Keys',
  summary: 'Make a key',
  more: MORE,
  body: { [json]: keyWish },
  example: { name: 'notebook', limit: 5, limit_reset: 'monthly' },
  answers: { 201: { says: 'The key, shown this once.', content: { [json]: madeKey } } },
  errors: ['management_only', ...BODY_ERRORS]
}

export const CLIENT_KEY_DOC: RouteDoc = {
  ...ONE,
  summary: 'One key',
  answers: { 200: { says: 'The key.', content: { [json]: clientKeyAnswer } } },
  errors: ['management_only', 'unknown_client_key']
}

export const CHANGE_KEY_DOC: RouteDoc = {
  ...ONE,
  summary: 'Change a key',
  body: { [json]: keyChange },
  example: { disabled: true },
  answers: { 200: { says: 'As it is now.', content: { [json]: clientKeyAnswer } } },
  errors: ['management_only', 'unknown_client_key', ...BODY_ERRORS]
}

export const DELETE_KEY_DOC: RouteDoc = {
  ...ONE,
  summary: 'Delete a key',
  answers: { 200: { says: 'It is gone; what it used stays in the books.', content: { [json]: deletedKey } } },
  errors: ['management_only', 'unknown_client_key']
}

export const MAKE_CODE_DOC: RouteDoc = {
  group: 'Keys',
  summary: 'Make a code for an app',
  more: `${MORE} The app exchanges the code for a key of its own.`,
  body: { [json]: codeWish },
  example: { callback_url: 'https://app.example/callback', limit: 5, usage_limit_type: 'monthly' },
  answers: { 200: { says: 'The code, shown this once.', content: { [json]: madeCode } } },
  errors: ['management_only', 'too_many_codes', ...BODY_ERRORS]
}

export const EXCHANGE_CODE_DOC: RouteDoc = {
  group: 'Keys',
  summary: 'Exchange a code for a key',
  body: { [json]: codeTry },
  example: { code: 'auth_code_…', code_verifier: '…', code_challenge_method: 'S256' },
  answers: { 200: { says: 'The key, shown this once.', content: { [json]: exchangedKey } } },
  errors: ['invalid_code', 'too_many_keys', ...BODY_ERRORS]
}
