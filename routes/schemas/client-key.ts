// Client keys as management keys see them: src/admin/key-json.ts writes them, src/admin/key-wish.ts reads the wishes.

import type { Schema } from '../../src/openapi/schema.ts'
import { dollars, KEY_USE } from './key-use.ts'
import { flag, listOf, oneOf, orNull, record, text, time, usd } from './words.ts'

const RESET = orNull(oneOf(['hourly', 'daily', 'weekly', 'monthly', 'yearly'], 'When the limit is whole again.'))

const clientKey = record({
  title: 'ClientKey',
  says: 'A key, never the key itself.',
  members: {
    hash: text('What it is asked for by.'),
    name: text('For people.'),
    label: text('The part of it that may be shown.'),
    disabled: flag('It is refused.'),
    limit: orNull(dollars('What it may spend.')),
    limit_remaining: orNull(dollars('What is left of it.')),
    limit_reset: RESET,
    include_byok_in_limit: flag('As it was asked for; there is nothing to include.'),
    ...KEY_USE,
    created_at: orNull(time('When it was made.')),
    updated_at: orNull(time('When it was changed.')),
    expires_at: orNull(time('When it ends.')),
    creator_user_id: orNull(text('Who made it.')),
    workspace_id: text('Always the same.'),
    external_user: orNull(text('Whose it is, in the client\'s own books.')),
    x_aibroker: record({
      says: 'Exact.',
      members: {
        id: text('The key in reports and in the log.'),
        limit_usd: orNull(usd('What it may spend.')),
        limit_remaining_usd: orNull(usd('What is left of it.')),
        usage_usd: usd('Ever.')
      }
    })
  }
})

const WISHES: { readonly [member: string]: Schema } = {
  limit: orNull(dollars('What it may spend; null: no limit.')),
  limit_reset: orNull(oneOf(['daily', 'weekly', 'monthly'], 'When that is whole again; null: never.')),
  expires_at: orNull(time('When it ends.')),
  include_byok_in_limit: flag('Kept, and changes nothing.'),
  creator_user_id: orNull(text('Who makes it.')),
  external: orNull(record({ says: 'Whose it is.', members: { user: text('In your own books.') }, isOpen: true }))
}
const NAME = text('For people; 1 to 256 characters.')
const DISABLED = flag('Refuse it.')

export const keyWish = record({
  title: 'ClientKeyWish',
  says: 'The key to make.',
  members: { name: NAME },
  optional: { ...WISHES, disabled: DISABLED },
  isOpen: true
})

export const keyChange = record({
  title: 'ClientKeyChange',
  says: 'What should be otherwise; the rest stays.',
  members: {},
  optional: { name: NAME, disabled: DISABLED, ...WISHES },
  isOpen: true
})

export const clientKeyList = record({
  title: 'ClientKeyList', says: 'A page of keys.', members: { data: listOf(clientKey, 'The oldest first.') }
})

export const clientKeyAnswer = record({ title: 'ClientKeyAnswer', says: 'One key.', members: { data: clientKey } })

export const madeKey = record({
  title: 'MadeClientKey', says: 'The key, shown this once.', members: { data: clientKey, key: text('The key itself.') }
})

export const deletedKey = record({
  title: 'DeletedClientKey', says: 'It is gone.', members: { deleted: flag('Always true.') }
})
