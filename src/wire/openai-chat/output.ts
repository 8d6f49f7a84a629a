// What of an answer the model produced: the words of its choices, not the names and numbers around them.
// https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { outputTokens } from '../../core/usage.ts'
import { readUsage } from './usage.ts'

/** Of a delta or message. The reasoning is spelt in three ways; images are OpenRouter's. */
const PRODUCED = [
  'content', 'reasoning', 'reasoning_content', 'reasoning_details', 'tool_calls', 'function_call', 'refusal', 'audio',
  'images'
]
/** Members that say what something is and nothing of what it holds. */
const LABELS = new Set(['type', 'index', 'id', 'format'])
/** No wire nests what it produced deeper than this. */
const DEEPEST = 6

/** Reasons to stop that leave nothing to say: out of tokens, or held back. Several wires meet behind this one. */
const EXPLAINS_SILENCE = new Set([
  'length', 'max_tokens', 'content_filter', 'safety', 'recitation', 'blocklist', 'prohibited_content', 'refusal',
  'stop_sequence'
])

/** Whether a chunk, or a whole answer, holds something the model produced. */
export function holdsOutput (value: JsonObject): boolean {
  return choicesOf(value).some((choice) => {
    const said = asObject(choice['delta']) ?? asObject(choice['message'])
    return isFilled(choice['text'], 0) || (said !== undefined && PRODUCED.some((name) => isFilled(said[name], 0)))
  })
}

export function explainsSilence (reason: JsonValue | undefined): boolean {
  return typeof reason === 'string' && EXPLAINS_SILENCE.has(reason.toLowerCase())
}

/** The model wrote something all the same: it may say nothing after the result of a tool, and that is paid for. */
export function tellsOutput (usage: JsonObject | undefined): boolean {
  return usage !== undefined && (outputTokens(readUsage(usage).usage) ?? 0) > 0
}

export function choicesOf ({ choices }: JsonObject): JsonObject[] {
  return Array.isArray(choices) ? choices.map((choice) => asObject(choice) ?? {}) : []
}

function isFilled (value: JsonValue | undefined, depth: number): boolean {
  if (typeof value === 'string') return value !== ''
  if (typeof value !== 'object' || value === null) return false
  if (depth > DEEPEST) return true
  if (Array.isArray(value)) return value.some((item) => isFilled(item, depth + 1))
  return Object.entries(value).some(([name, member]) => !LABELS.has(name) && isFilled(member, depth + 1))
}
