// A whole plain answer that is none: it tells of an error, or holds nothing that a client could use.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Task } from '../../core/ask.ts'
import type { PlainAnswer } from '../format.ts'
import { choicesOf, explainsSilence, holdsOutput, tellsOutput } from './output.ts'

/** What each task has to answer with. The text of a recording in which nobody speaks is empty, and right. */
const HOLDS: { readonly [task in Task]: (value: JsonObject) => boolean } = {
  chat: holdsAnswer,
  completion: holdsAnswer,
  embedding: ({ data }) => itemsOf(data).some((item) => isThere(item['embedding'])),
  image: ({ data }) => itemsOf(data).some((item) => isThere(item['b64_json']) || isThere(item['url'])),
  moderation: ({ results }) => itemsOf(results).length > 0,
  rerank: ({ results }) => itemsOf(results).length > 0,
  speech: (value) => Object.keys(value).length > 0,
  transcription: () => true
}

/** OpenRouter tells it in a choice, too: https://openrouter.ai/docs/api/reference/errors-and-debugging */
export function errorIn ({ value }: PlainAnswer): JsonValue | undefined {
  if (value === undefined) return undefined
  return value['error'] || choicesOf(value).map(({ error }) => error).find(Boolean)
}

/** Whether a complete answer holds nothing the model produced, and does not say why. */
export function isEmptyAnswer ({ bytes, value, task }: PlainAnswer): boolean {
  if (value === undefined) return task !== 'transcription' && bytes.length === 0
  return !HOLDS[task](value)
}

/** Without a choice there is no place for an answer, whatever the usage tells. */
function holdsAnswer (value: JsonObject): boolean {
  const choices = choicesOf(value)
  if (choices.length === 0) return false
  return holdsOutput(value) || choices.some(({ finish_reason: reason }) => explainsSilence(reason)) ||
    tellsOutput(asObject(value['usage']))
}

function itemsOf (list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.map((item) => asObject(item) ?? {}) : []
}

/** A vector is a list or base64; some servers nest vectors of several kinds. */
function isThere (value: JsonValue | undefined): boolean {
  return typeof value === 'string' || Array.isArray(value) ? value.length > 0 : asObject(value) !== undefined
}
