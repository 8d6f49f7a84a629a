// Role `developer` said as `system`, for providers that know four roles only.

import { asObject, type JsonValue } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

/**
 * Writes the whole `messages` member anew, because a quirk changes top-level members: spacing inside it is lost, and a
 * provider's prompt cache sees different bytes than a client would have sent. Only bodies with that role pay.
 */
export const systemForDeveloper: RequestQuirk = ({ messages }) => {
  if (!Array.isArray(messages) || !messages.some(isDeveloper)) return undefined
  return { messages: messages.map((message) => isDeveloper(message) ? { ...asObject(message), role: 'system' } : message) }
}

function isDeveloper (message: JsonValue): boolean {
  return asObject(message)?.['role'] === 'developer'
}
