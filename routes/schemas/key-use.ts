// What a key has used by period, in every shape of a key: src/ledger/account-key.ts writes it.

import type { Schema } from '../../src/openapi/schema.ts'
import { number } from './words.ts'

export const dollars = (says: string): Schema => number(`${says} US dollars.`)

export const KEY_USE: { readonly [member: string]: Schema } = {
  usage: dollars('Ever.'),
  usage_daily: dollars('Today, UTC.'),
  usage_weekly: dollars('Since Monday.'),
  usage_monthly: dollars('This month.'),
  byok_usage: number('Always 0.'),
  byok_usage_daily: number('Always 0.'),
  byok_usage_weekly: number('Always 0.'),
  byok_usage_monthly: number('Always 0.')
}
