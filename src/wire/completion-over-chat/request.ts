// The prompt of a completion as the one message of a chat. All other members stay the client's own bytes, but for those
// that a chat does not take: where they would say something, the request is not told as a chat.

import { readJsonObject, skipSpace, type JsonBody } from '../../core/json.ts'
import { editMembers, splice } from '../../core/json-edit.ts'
import type { Translated } from '../format.ts'
import { COMPLETION_MEMBERS, onlyTextOf } from '../openai-chat/completions-only.ts'

/** `body`: of a completion that no member keeps from being told as a chat (`Envelope.needsCompletions`). */
export function chatOf ({ bytes, value, members }: JsonBody): Translated {
  const changes = new Map<string, string | undefined>(
    COMPLETION_MEMBERS.filter((name) => value[name] !== undefined).map((name) => [name, undefined]))
  changes.set('messages', JSON.stringify([{ role: 'user', content: onlyTextOf(value) ?? '' }]))
  const chat = splice(bytes, editMembers(bytes, skipSpace(bytes, 0), changes, members))
  return { json: readJsonObject(chat), edits: [...changes.keys()] }
}
