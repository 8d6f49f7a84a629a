// Blocks of an answer, as they begin and as they are whole. https://docs.claude.com/en/api/messages#response-content

import type { JsonObject } from '../../core/json.ts'
import type { CallPiece } from './pieces.ts'

const SAFE_ID = /^[a-zA-Z0-9_-]{1,256}$/
const UNSAFE = /[^a-zA-Z0-9_-]/g

export function textBlock (text: string, citations: JsonObject[] = []): JsonObject {
  return { type: 'text', text, citations: citations.length > 0 ? citations : null }
}

export function thinkingBlock (thinking: string, signature: string): JsonObject {
  return { type: 'thinking', thinking, signature }
}

export function redactedBlock (data: string): JsonObject {
  return { type: 'redacted_thinking', data }
}

/** `answerId`: of the message, for calls that their provider gave no id. */
export function callBlock ({ id, index, name }: CallPiece, answerId: string, input: JsonObject): JsonObject {
  return { type: 'tool_use', id: callIdOf(id, answerId, index), name, input, caller: { type: 'direct' } }
}

/** Their clients take letters, digits, `_` and `-`; it comes back in the next request, with the result too. */
function callIdOf (id: string, answerId: string, index: number): string {
  if (SAFE_ID.test(id)) return id
  return id === '' ? `toolu_${answerId.replace(/^msg_/, '')}_${index}` : id.slice(0, 256).replace(UNSAFE, '_')
}
