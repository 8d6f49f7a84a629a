// `system` and `messages` of a request as the messages of a chat.

import type { JsonObject, JsonValue } from '../../core/json.ts'
import { assistantMessage } from './assistant-turn.ts'
import type { Losses } from './losses.ts'
import { textPart } from './sources.ts'
import { contentOf, userMessages } from './user-turn.ts'
import { isTold, readList, readObject, readOne, readText, refuse } from './values.ts'

/** @throws GatewayError `invalid_body` */
export function messagesOf ({ system, messages }: JsonObject, losses: Losses): JsonObject[] {
  const turns = readList(messages, 'messages')
  if (turns.length === 0) return refuse('messages', 'at least one message is needed')
  const told = turns.flatMap((turn, at) => turnMessages(turn, `messages.${at}`, losses))
  return [...systemMessages(system, 'system'), ...told]
}

function turnMessages (turn: JsonValue, path: string, losses: Losses): JsonObject[] {
  const { role, content } = readObject(turn, path)
  switch (readOne(role, `${path}.role`, ['user', 'assistant', 'system'])) {
    case 'user': return userMessages(content, `${path}.content`, losses)
    case 'assistant': return [assistantMessage(content, `${path}.content`, losses)]
    case 'system': return systemMessages(content, `${path}.content`)
  }
}

/** One message; its blocks stay apart, because clients mark them for the prompt cache. @throws GatewayError */
export function systemMessages (system: JsonValue | undefined, path: string): JsonObject[] {
  if (!isTold(system) || system === '') return []
  if (typeof system === 'string') return [{ role: 'system', content: system }]
  const parts = readList(system, path).map((item, at) => {
    const block = readObject(item, `${path}.${at}`)
    readOne(block['type'], `${path}.${at}.type`, ['text'])
    return textPart(readText(block['text'], `${path}.${at}.text`), block)
  })
  return parts.length === 0 ? [] : [{ role: 'system', content: contentOf(parts) }]
}
