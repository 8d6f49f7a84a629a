// What one chunk of a stream shows the client, as far as it matters for carrying the answer on.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

export interface Shown {
  /** The next piece of the text, as the client's own JSON parser reads it; empty: none. */
  readonly text: string
  readonly hasRole: boolean
  /** Reasoning, in whatever spelling. */
  readonly thinks: boolean
  /** Anything else a model produces: a tool call, a refusal, audio, log probabilities, a second choice. */
  readonly hasOther: boolean
  /** The reason why the answer ends stands here. */
  readonly isLast: boolean
  /** A reason behind which nothing was written that is not shown. */
  readonly isPlainEnd: boolean
}

/** Members of a delta without meaning for the answer. `token_id` is Together's. */
const PLAIN = new Set(['role', 'content', 'token_id'])
export const PLAIN_ENDS: ReadonlySet<JsonValue | undefined> = new Set(['stop', 'length'])
/** `reasoning`, `reasoning_content`, `reasoning_details`, `thinking`, `thinking_blocks`. */
const THINKS = /^(reasoning|thinking)/

/** Undefined: a chunk without choices (usage, Azure's filter results). */
export function shownIn ({ choices }: JsonObject): Shown | undefined {
  if (!Array.isArray(choices) || choices.length === 0) return undefined
  const choice = asObject(choices[0]) ?? {}
  const delta: JsonObject = asObject(choice['delta']) ??
    { content: choice['text'], reasoning: choice['reasoning'] } // legacy completions
  const content = delta['content']
  const rest = Object.keys(delta).filter((name) => !PLAIN.has(name) && isFilled(delta[name]))
  const thoughts = rest.filter((name) => THINKS.test(name))
  return {
    text: typeof content === 'string' ? content : '',
    hasRole: isFilled(delta['role']),
    thinks: thoughts.length > 0 || isThinking(content),
    hasOther: rest.length > thoughts.length || isStructured(content) || !isPlain(choice) || choices.length > 1,
    isLast: isFilled(choice['finish_reason']),
    isPlainEnd: PLAIN_ENDS.has(choice['finish_reason'])
  }
}

/** The first choice, without the probabilities of its tokens. */
function isPlain ({ index, logprobs }: JsonObject): boolean {
  return !isFilled(logprobs) && (index === undefined || index === null || index === 0)
}

/** Mistral's reasoning models: https://docs.mistral.ai/capabilities/reasoning/ */
function isThinking (content: JsonValue | undefined): boolean {
  return Array.isArray(content) && content.length > 0 && content.every((part) => asObject(part)?.['type'] === 'thinking')
}

function isStructured (content: JsonValue | undefined): boolean {
  return typeof content !== 'string' && isFilled(content) && !isThinking(content)
}

/** Absent, null and empty show nothing. */
export function isFilled (value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
