// What a provider signed or encrypted of its reasoning, as the `encrypted_content` of a reasoning item and back.
//
// The broker keeps no state, and such reasoning has to come back as it was: Anthropic's signatures, Gemini's and
// OpenAI's encrypted thoughts. Clients give `encrypted_content` back unread, so the details travel in it, as JSON in
// base64url behind a word that tells them from a provider's own. Nothing of it is trusted: whoever changes it changes
// members of a message that the client may write anyway.

import type { JsonObject } from '../../core/json.ts'
import { openSealed } from '../sealed-json.ts'
import { recordsIn } from './fields.ts'

const MARK = 'aibroker1.'
const MOST_DETAILS = 1_000

/** `details`: items of a chat's `reasoning_details`. */
export function seal (details: readonly JsonObject[]): string {
  return MARK + Buffer.from(JSON.stringify({ details })).toString('base64url')
}

/** Undefined: it is not ours, or not whole. */
export function unseal (content: string): readonly JsonObject[] | undefined {
  if (!content.startsWith(MARK)) return undefined
  const told = openSealed(content.slice(MARK.length))?.['details']
  if (!Array.isArray(told) || told.length > MOST_DETAILS) return undefined
  const details = recordsIn(told)
  return details.length === told.length ? details : undefined
}

/** Whether there is something in it that only its provider can read. */
export function isSealed ({ signature, data }: JsonObject): boolean {
  return typeof signature === 'string' || typeof data === 'string'
}
