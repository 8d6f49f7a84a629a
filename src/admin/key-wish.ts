// Bodies of POST /keys and PATCH /keys/{hash}, read once: what is wanted of a key, in our own units.
// Members: https://openrouter.ai/docs/api/api-reference/api-keys/create-keys. Unknown ones are left alone, because
// clients may be ahead of us; a known one that cannot be kept is a 400 that names it.

import { GatewayError } from '../core/errors.ts'
import { asObject, type JsonBody, type JsonValue } from '../core/json.ts'
import { readUsd, type NanoUsd } from '../core/money.ts'

/** When the limit of a key is whole again: UTC midnight, Monday, the first of the month; null: never. */
export const LIMIT_RESETS = ['daily', 'weekly', 'monthly'] as const
export type LimitReset = typeof LIMIT_RESETS[number]

/** Undefined: not mentioned. Null: said to be none. */
export interface KeyWish {
  readonly name: string | undefined
  readonly isDisabled: boolean | undefined
  readonly limit: NanoUsd | null | undefined
  readonly limitReset: LimitReset | null | undefined
  readonly expiresAtMs: number | null | undefined
  readonly hasByokInLimit: boolean | undefined
  readonly creatorUser: string | null | undefined
  readonly externalUser: string | null | undefined
  /** Web origins that may use the key; a wish of ours, no member of a body. */
  readonly origins?: readonly string[]
}

/** One broker is one workspace; clients want its id to be a UUID. */
export const WORKSPACE_ID = '00000000-0000-0000-0000-000000000000'

const LONGEST_NAME = 256
/** Columns are 64 bits wide. */
const LARGEST_NANO_USD = 2n ** 63n - 1n
/** RFC 3339 in UTC, with a date that exists: checked by writing it again. */
const UTC_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]00:00)$/i

/** @throws GatewayError `invalid_body` with `param` */
export function readKeyWish (json: JsonBody, nowMs: number): KeyWish {
  const { value: body } = json
  refuseOtherWorkspace(body['workspace_id'])
  return {
    name: readText('name', body['name']),
    isDisabled: readFlag('disabled', body['disabled']),
    limit: readLimit(json),
    limitReset: readReset(body['limit_reset']),
    expiresAtMs: readExpiry(body['expires_at'], nowMs),
    hasByokInLimit: readFlag('include_byok_in_limit', body['include_byok_in_limit']),
    creatorUser: readOptionalText('creator_user_id', body['creator_user_id']),
    externalUser: readExternalUser(body['external'])
  }
}

/** Absent or null: ours. @throws GatewayError `invalid_body` for any other workspace */
export function refuseOtherWorkspace (id: unknown): void {
  if (id === undefined || id === null || id === WORKSPACE_ID) return
  throw refused('workspace_id', `There is one workspace here: ${WORKSPACE_ID}.`)
}

export function refused (param: string, reason: string): GatewayError {
  return new GatewayError('invalid_body', { reason }, { param })
}

function readText (param: string, value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value.trim() : ''
  if (text !== '' && text.length <= LONGEST_NAME) return text
  throw refused(param, `"${param}" must be a text of 1 to ${LONGEST_NAME} characters.`)
}

function readOptionalText (param: string, value: JsonValue | undefined): string | null | undefined {
  return value === null ? null : readText(param, value)
}

function readFlag (param: string, value: JsonValue | undefined): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw refused(param, `"${param}" must be true or false.`)
}

/** From the digits as they were written: a JavaScript number would have rounded them. */
function readLimit ({ value, bytes, members }: JsonBody): NanoUsd | null | undefined {
  const limit = value['limit']
  if (limit === undefined || limit === null) return limit
  const member = members.find(({ name }) => name === 'limit')
  const amount = typeof limit === 'number' && member
    ? parseUsd(bytes.toString('latin1', member.valueStart, member.valueEnd))
    : undefined
  if (amount !== undefined && amount <= LARGEST_NANO_USD) return amount
  throw refused('limit', '"limit" must be null or a number of US dollars from 0 on, with at most nine places.')
}

function parseUsd (text: string): NanoUsd | undefined {
  try {
    return readUsd(text)
  } catch {
    return undefined // the sentence of the caller is the better one
  }
}

function readReset (value: JsonValue | undefined): LimitReset | null | undefined {
  if (value === undefined || value === null) return value
  const reset = LIMIT_RESETS.find((reset) => reset === value)
  if (reset) return reset
  throw refused('limit_reset', `"limit_reset" must be null or one of ${LIMIT_RESETS.join(', ')}.`)
}

function readExpiry (value: JsonValue | undefined, nowMs: number): number | null | undefined {
  if (value === undefined || value === null) return value
  const [, whole = ''] = typeof value === 'string' ? UTC_TIME.exec(value) ?? [] : []
  const ms = whole === '' ? NaN : Date.parse(value as string)
  const isTime = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(whole.toUpperCase())
  if (isTime && ms > nowMs) return ms
  throw refused('expires_at', '"expires_at" must be null or a time to come in UTC, like 2027-12-31T23:59:59Z.')
}

/** `{"user", "api_key"?}`: whose key it is in the books of the client. A key in there is not looked at. */
function readExternalUser (value: JsonValue | undefined): string | null | undefined {
  if (value === undefined || value === null) return value
  return readText('external', asObject(value)?.['user'] ?? null)
}
