// A client key in OpenRouter's shape: https://openrouter.ai/docs/api/api-reference/api-keys/get-key
// Every member is there, because strict clients ask for each.

import { formatUsd } from '../core/money.ts'
import { resetOf, timeOf, useMembers } from '../ledger/account-key.ts'
import { dollars } from '../ledger/account-money.ts'
import type { ClientKey } from './client-keys.ts'
import { WORKSPACE_ID } from './key-wish.ts'

/** Never the key itself: what tells it from others is the part of it that its id is made of. */
export function clientKeyJson ({ hash, record, limit, use }: ClientKey) {
  return {
    hash,
    name: record.name,
    label: `${record.id.replace(/^key_/, 'ab_')}...`,
    disabled: record.disabledAtMs !== undefined,
    limit: limit ? dollars(limit.budget.limit) : null,
    limit_remaining: limit ? dollars(limit.state.left) : null,
    limit_reset: limit ? resetOf(limit.budget.window) : null,
    include_byok_in_limit: record.hasByokInLimit,
    ...useMembers(use),
    created_at: timeOf(record.createdAtMs),
    updated_at: timeOf(record.updatedAtMs),
    expires_at: timeOf(record.expiresAtMs),
    creator_user_id: record.creatorUser ?? null,
    workspace_id: WORKSPACE_ID,
    external_user: record.externalUser ?? null,
    x_aibroker: {
      id: record.id,
      limit_usd: limit ? formatUsd(limit.budget.limit) : null,
      limit_remaining_usd: limit ? formatUsd(limit.state.left) : null,
      usage_usd: formatUsd(use.ever)
    }
  }
}
