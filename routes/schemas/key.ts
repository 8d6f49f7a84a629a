// A key and what it may spend: src/ledger/account-key.ts writes them.

import { dollars, KEY_USE } from './key-use.ts'
import { count, flag, listOf, nothing, oneOf, orNull, record, text, time, usd, whole } from './words.ts'

export const budget = record({
  title: 'Budget',
  says: 'A budget that every request of the key counts in. Amounts are exact: US dollars, tokens or requests.',
  members: {
    name: text('As the operator calls it.'),
    scope: text('Whose use counts: "key:…", "team:…", "project:…", "ip:…" or "global".'),
    unit: oneOf(['usd', 'tokens', 'requests'], 'What is counted.'),
    limit: text('What may be used.'),
    spent: text('What was used.'),
    reserved: text('What running requests may still use.'),
    left: text('What a request may use now.'),
    window: text('When use stops counting, in words.'),
    resets_at: orNull(time('When use begins at nothing again.')),
    soft: flag('It tells, and refuses nothing.')
  }
})

export const key = record({
  title: 'Key',
  says: 'The key this request was made with.',
  members: {
    data: record({
      says: '',
      members: {
        label: text('Its name.'),
        limit: orNull(dollars('The budget that refuses first; null: none.')),
        limit_remaining: orNull(dollars('What it leaves.')),
        limit_reset: orNull(oneOf(['hourly', 'daily', 'weekly', 'monthly', 'yearly'], 'When it begins at nothing again.')),
        include_byok_in_limit: flag('Always false.'),
        ...KEY_USE,
        is_free_tier: flag('Always false.'),
        is_management_key: flag('It may make other keys.'),
        is_provisioning_key: flag('The same under its older name.'),
        creator_user_id: orNull(text('Who made it.')),
        expires_at: orNull(time('When it ends.')),
        rate_limit: record({
          says: 'Requests it may make.',
          members: { requests: whole('-1: no limit.'), interval: text('"1m"'), note: text('In words.') }
        }),
        allowed_data_regions: listOf(text(''), 'Not limited.'),
        free_model_daily_requests: record({
          says: 'There are no free requests to count.',
          members: { limit: count(''), used: count(''), remaining: count('') }
        }),
        organization_id: nothing('There are none.'),
        workspace_id: nothing('There are none.'),
        x_aibroker: record({
          says: 'Exact, and complete.',
          members: {
            usage_usd: usd('Ever.'),
            unpriced_requests: count('Requests whose cost is not known; they are in no sum.'),
            budgets: listOf(budget, 'The oldest first.')
          }
        })
      }
    })
  }
})

export const credits = record({
  title: 'Credits',
  says: 'Their difference is what may be spent now.',
  members: {
    data: record({
      says: '',
      members: {
        total_credits: dollars('What was used and what is left; a million more than was used where nothing limits it.'),
        total_usage: dollars('What was used.'),
        x_aibroker: record({
          says: 'Exact.',
          members: { unlimited: flag('No budget limits it.'), left_usd: orNull(usd('What is left.')) }
        })
      }
    })
  }
})
