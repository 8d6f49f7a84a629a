// Why an answer ended, in one of five words; the provider's own word stays beside it in `native_finish_reason`.
// https://openrouter.ai/docs/api-reference/overview#finish-reason

import type { Finish } from '../../core/finish.ts'
import { membersOf, parseObject, type JsonObject, type JsonValue, type Member } from '../../core/json.ts'
import type { Edit } from '../../core/json-edit.ts'
import type { PlainAnswer } from '../format.ts'
import { dataOf, eventsOf } from '../sse.ts'
import { choicesOf } from './output.ts'
import { choicePlaces, onlyMember } from './places.ts'

type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'error'

/** Words of the vendors' references, in lower case. */
const WORDS: { readonly [reason in FinishReason]: readonly string[] } = {
  stop: ['stop', 'end_turn', 'stop_sequence', 'pause_turn', 'eos', 'eos_token', 'complete', 'completed', 'finished'],
  length: ['length', 'max_tokens', 'max_output_tokens', 'model_length', 'model_context_window_exceeded'],
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
  content_filter: [
    'content_filter', 'content_filtered', 'refusal', 'safety', 'recitation', 'blocklist', 'prohibited_content', 'spii',
    'guardrail_intervened'
  ],
  // DeepSeek's last one: it stopped for want of machines. vLLM aborts what it has to give up.
  error: ['error', 'malformed_function_call', 'abort', 'aborted', 'insufficient_system_resource']
}
const REASONS = new Map(
  Object.entries(WORDS).flatMap(([reason, words]) => words.map((word) => [word, reason] as const)))

/** A word that nobody knows stays as it is: nothing is claimed about it. */
export function finishReasonOf (native: string): string {
  return REASONS.get(native.toLowerCase()) ?? native
}

/** A reason that is told: null and the empty text of some servers say that there is none yet. */
export function isReason (value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

/** Why a choice ended; undefined: it does not tell. */
export function finishOf ({ finish_reason: told, native_finish_reason: native }: JsonObject): Finish | undefined {
  if (!isReason(told)) return undefined
  return { reason: finishReasonOf(told), native: isReason(native) ? native : told }
}

/** Of several choices the first one's. */
export function finishIn ({ value }: Pick<PlainAnswer, 'value'>): Finish | undefined {
  return value && finishOf(choicesOf(value)[0] ?? {})
}

/** Of a whole answer or stream as it went out. */
export function toldFinish (bytes: Buffer, contentType: string): Finish | undefined {
  if (!contentType.startsWith('text/event-stream')) return finishIn({ value: parseObject(bytes.toString('utf8')) })
  let finish: Finish | undefined
  for (const event of eventsOf(bytes.toString('latin1'))) {
    const chunk = event.includes('"finish_reason"') ? parseObject(dataOf(event) ?? '') : undefined
    for (const choice of chunk ? choicesOf(chunk) : []) finish = laterFinish(finish, choice)
  }
  return finish
}

/** What is known of a stream behind one more choice: the first choice's reason counts, where it comes. */
export function laterFinish (before: Finish | undefined, choice: JsonObject): Finish | undefined {
  return before && choice['index'] !== 0 ? before : finishOf(choice) ?? before
}

/** Edits of the choices that end; `json` are the bytes from `start`, `choices` what they say. */
export function finishEdits (json: Buffer, start: number, choices: readonly JsonObject[]): Edit[] {
  if (!choices.some((choice) => isReason(choice['finish_reason']))) return []
  const [first = {}] = choices
  const only = choices.length === 1 ? onlyMember(json, 'finish_reason') : undefined
  if (only) return editsOf(json, only, first)
  return choicePlaces(json, start, choices).flatMap(({ start, value }) => {
    const member = membersOf(json, start).find(({ name }) => name === 'finish_reason')
    return member && isReason(value['finish_reason']) ? editsOf(json, member, value) : []
  })
}

function editsOf (json: Buffer, { nameStart, valueStart, valueEnd }: Member, choice: JsonObject): Edit[] {
  const native = choice['finish_reason'] as string
  const reason = finishReasonOf(native)
  const edits: Edit[] = reason === native ? [] : [{ start: valueStart, end: valueEnd, text: JSON.stringify(reason) }]
  if (choice['native_finish_reason'] !== undefined) return edits
  const spelt = json.toString('utf8', valueStart, valueEnd)
  const isWhole = choice['message'] !== undefined && choice['logprobs'] === undefined // OpenRouter's answers name them
  const text = `"native_finish_reason":${spelt},${isWhole ? '"logprobs":null,' : ''}`
  return [...edits, { start: nameStart, end: nameStart, text }]
}
