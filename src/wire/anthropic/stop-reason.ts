// Why an answer ended, in Anthropic's words. https://docs.claude.com/en/api/handling-stop-reasons

import type { JsonObject, JsonValue } from '../../core/json.ts'

/** Their own words, which a backend of theirs tells beside OpenAI's: they say more. */
const NATIVE = ['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded']
const REASONS: { readonly [reason: string]: string } = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal'
}
/** Where servers name the text that ended the answer: vLLM, SGLang. */
const STOPPED_BY = ['stop_reason', 'matched_stop']

export interface Said {
  readonly hasCalls: boolean
  readonly isRefusal: boolean
  /** `stop_sequences` of the request. */
  readonly stops: readonly string[]
}

/** `choice`: of the chat, with `finish_reason`. Calls are to be made, whatever a provider says of its end. */
export function stopOf (choice: JsonObject, { hasCalls, isRefusal, stops }: Said): JsonObject {
  const stopped = STOPPED_BY.map((name) => choice[name]).find((text) => stops.includes(text as string))
  const reason = reasonOf(choice, isRefusal ? 'refusal' : stopped === undefined ? undefined : 'stop_sequence')
  const isCalling = hasCalls && (reason === 'end_turn' || reason === 'stop_sequence')
  return {
    stop_reason: isCalling ? 'tool_use' : reason,
    stop_sequence: reason === 'stop_sequence' && !isCalling ? stopped ?? null : null,
    stop_details: null
  }
}

function reasonOf (choice: JsonObject, known: string | undefined): string {
  const own = NATIVE.find((word) => word === choice['native_finish_reason'])
  return known ?? own ?? wordOf(choice['finish_reason'])
}

function wordOf (reason: JsonValue | undefined): string {
  return typeof reason === 'string' && Object.hasOwn(REASONS, reason) ? REASONS[reason] as string : 'end_turn'
}
