// Body of POST /auth/keys/code, read once: for which app a code is made, and what its key may do.
// https://openrouter.ai/docs/api/api-reference/o-auth/create-auth-keys-code

import { createHash } from 'node:crypto'
import { isLoopbackHost } from '../core/address.ts'
import type { JsonBody, JsonObject, JsonValue } from '../core/json.ts'
import { LIMIT_RESETS, readKeyWish, refused, type KeyWish } from './key-wish.ts'

/** What a verifier has to come to. https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
export const CHALLENGE_METHODS = ['S256', 'plain'] as const
export type ChallengeMethod = typeof CHALLENGE_METHODS[number]

export interface Challenge {
  readonly method: ChallengeMethod
  /** `digestOfVerifier` of the verifier that fits. */
  readonly digest: string
}

export interface CodeWish {
  readonly key: KeyWish
  /** Undefined: the code alone is enough. */
  readonly challenge: Challenge | undefined
}

const LONGEST_URL = 2_048
const LONGEST_LABEL = 100
const S256_CHALLENGE = /^[\w-]{43}$/
const VERIFIER = /^[\w.~-]{43,128}$/

/** @throws GatewayError `invalid_body` with `param` */
export function readCodeWish (json: JsonBody, nowMs: number): CodeWish {
  const { value: body } = json
  const { host, origin } = readCallback(body['callback_url'])
  const { limit, expiresAtMs, ...rest } = readKeyWish(withoutOwnNames(json), nowMs)
  const limitReset = readReset(body['usage_limit_type'])
  if (limitReset && typeof limit !== 'bigint') throw refused('usage_limit_type', '"usage_limit_type" needs a "limit" that comes back.')
  const name = readLabel(body['key_label']) ?? host
  return { key: { ...rest, name, limit, limitReset, expiresAtMs, origins: [origin] }, challenge: readChallenge(body) }
}

/** SHA-256 in base64url: what RFC 7636 calls S256. */
export function digestOfVerifier (verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** @throws GatewayError `invalid_body` */
export function readMethod (value: JsonValue | undefined): ChallengeMethod | undefined {
  if (value === undefined || value === null) return undefined
  const method = CHALLENGE_METHODS.find((method) => method === value)
  if (method) return method
  throw refused('code_challenge_method', `"code_challenge_method" must be one of ${CHALLENGE_METHODS.join(', ')}.`)
}

/** Members that mean something in the wish for a key and nothing here. */
function withoutOwnNames ({ value, bytes, members }: JsonBody): JsonBody {
  const { limit, expires_at: expiresAt, workspace_id: workspace } = value
  const named = { limit, expires_at: expiresAt, workspace_id: workspace }
  return { value: named as JsonObject, bytes, members }
}

/** https, or http to this machine; nothing that a browser would run, and nothing that hides where it leads. */
function readCallback (value: JsonValue | undefined): URL {
  const url = typeof value === 'string' && value.length <= LONGEST_URL && URL.canParse(value) ? new URL(value) : undefined
  if (url && isSafe(url) && url.username === '' && url.password === '' && url.hash === '') return url
  throw refused('callback_url', '"callback_url" must be an https URL, or an http one of this machine, without a user and a fragment.')
}

function isSafe ({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}

function readLabel (value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined
  const label = typeof value === 'string' ? value.trim() : ''
  if (label !== '' && label.length <= LONGEST_LABEL) return label
  throw refused('key_label', `"key_label" must be a text of 1 to ${LONGEST_LABEL} characters.`)
}

function readReset (value: JsonValue | undefined): KeyWish['limitReset'] {
  if (value === undefined || value === null) return undefined
  const reset = LIMIT_RESETS.find((reset) => reset === value)
  if (reset) return reset
  throw refused('usage_limit_type', `"usage_limit_type" must be one of ${LIMIT_RESETS.join(', ')}.`)
}

/** Without a method it is `plain`, as RFC 7636 has it. A plain challenge is kept as its digest, too. */
function readChallenge (body: JsonObject): Challenge | undefined {
  const { code_challenge: challenge } = body
  const method = readMethod(body['code_challenge_method'])
  if (challenge === undefined || challenge === null) {
    if (method === undefined) return undefined
    throw refused('code_challenge', '"code_challenge_method" needs a "code_challenge".')
  }
  const isS256 = method === 'S256'
  if (typeof challenge !== 'string' || !(isS256 ? S256_CHALLENGE : VERIFIER).test(challenge)) {
    throw refused('code_challenge', isS256
      ? '"code_challenge" must be the SHA-256 of the verifier in base64url: 43 characters.'
      : '"code_challenge" must be 43 to 128 letters, digits and any of - . _ ~')
  }
  return isS256 ? { method, digest: challenge } : { method: 'plain', digest: digestOfVerifier(challenge) }
}
