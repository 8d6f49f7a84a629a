// What the report of whole days is.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { activity } from '../schemas/activity.ts'
import { oneOf, text } from '../schemas/words.ts'

export const ACTIVITY_DOC: RouteDoc = {
  group: 'Billing',
  summary: 'What was used by day, model and provider',
  more: 'Of the last 30 completed days of UTC, newest first; each adds up to its GET /billing/usage. For management keys, ' +
    'keys of the operator, and programs of this machine without a key.',
  query: [
    { name: 'date', says: 'One of those days, like 2026-11-20; all of them if it is not said.', schema: text('') },
    { name: 'api_key_hash', says: 'Of this key alone, also of a deleted one.', schema: text('') },
    { name: 'group_by', says: 'Puts a workspace_id on every row.', schema: oneOf(['workspace'], '') },
    { name: 'workspace_id', says: 'There is one.', schema: text('') },
    { name: 'user_id', says: 'Refused: there are no members of an organization.', schema: text('') }
  ],
  answers: { 200: { says: 'The rows.', content: { 'application/json': activity } } },
  errors: ['management_only', 'unknown_client_key']
}
