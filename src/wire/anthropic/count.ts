// What of a request is read by a model: its words, to be counted, and what is no words.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

export interface Countable {
  readonly texts: readonly string[]
  readonly messages: number
  /** Images, documents and the like. */
  readonly media: number
}

/**
 * `chat`: what the request was told as. Thoughts of earlier answers are not there: models read at most the last.
 * https://docs.claude.com/en/docs/build-with-claude/token-counting
 */
export function countableOf ({ messages, tools, response_format: format }: JsonObject): Countable {
  const texts = [tools, format].filter((value) => value !== undefined).map((value) => JSON.stringify(value))
  const list = listOf(messages)
  let media = 0
  for (const message of list) {
    for (const part of partsOf(message['content'])) {
      if (typeof part['text'] === 'string') texts.push(part['text'])
      else media++
    }
    for (const call of listOf(message['tool_calls'])) texts.push(wordsOfCall(call))
  }
  return { texts, messages: list.length, media }
}

function partsOf (content: JsonValue | undefined): JsonObject[] {
  return typeof content === 'string' ? [{ text: content }] : listOf(content)
}

function wordsOfCall (call: JsonObject): string {
  const { name, arguments: words } = asObject(call['function']) ?? {}
  return `${String(name)} ${String(words)}`
}

function listOf (value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map((item) => asObject(item) ?? {}) : []
}
