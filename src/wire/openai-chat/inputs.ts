// What the input of an OpenAI-shaped body consists of, as far as routing and metering ask: what it needs of a model,
// how many prompts it is, and how much of it the bytes of the body do not show.

import type { Need, SoftParameter, Task } from '../../core/ask.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Media } from '../../core/media.ts'
import { readMedia } from './media.ts'
import { countOpenDocuments } from './rerank.ts'

/** Content part types that need a capability. https://platform.openai.com/docs/api-reference/chat/create */
const PART_NEEDS: { readonly [type: string]: Need } = {
  image_url: 'vision',
  input_image: 'vision',
  input_audio: 'audio_input'
}

/** Parts that are what they say. Any other part may be a reference, or hold more than its bytes show. */
const TEXT_PARTS: ReadonlySet<JsonValue | undefined> = new Set(['text', 'input_text', 'output_text', 'refusal', 'thinking'])

export function needsOf (value: JsonObject): Need[] {
  const needs = new Set<Need>()
  if (isFilled(value['tools']) || isFilled(value['functions'])) needs.add('tool_calling')
  for (const message of messagesOf(value)) {
    for (const part of partsOf(message)) {
      const need = PART_NEEDS[String(asObject(part)?.['type'])]
      if (need) needs.add(need)
    }
  }
  return [...needs]
}

/** What backends of the same model may not all understand. */
export function softParametersOf (value: JsonObject): readonly SoftParameter[] | undefined {
  const used: SoftParameter[] = []
  if (isFilled(value['tools'])) used.push('tools')
  const format = asObject(value['response_format'])
  if (format && format['type'] !== 'text') used.push('response_format')
  if (typeof value['verbosity'] === 'string') used.push('verbosity')
  return used.length > 0 ? used : undefined
}

/**
 * A list of texts or of token lists holds several prompts; a text or one list of tokens is one.
 * https://platform.openai.com/docs/api-reference/completions/create
 */
export function countPrompts ({ prompt }: JsonObject, task: Task): number {
  if (task !== 'completion') return 1
  return !Array.isArray(prompt) || prompt.every((item) => typeof item === 'number') ? 1 : prompt.length
}

/**
 * Inputs whose tokens the body does not bound. The messages of a body are one input; of embeddings and moderations
 * each item of the list is, and an item that is no text names or packs something (Jina, `omni-moderation`).
 */
export function countOpenInputs (value: JsonObject, task: Task): number {
  if (task === 'embedding' || task === 'moderation') return listOf(value['input']).filter(isOpenPart).length
  if (task === 'rerank') return countOpenDocuments(value)
  return messagesOf(value).some(isOpenMessage) ? 1 : 0
}

/** What is known of the open inputs, where it is a chat and something is known of each. Only for bodies with some. */
export function mediaOf (value: JsonObject): Media | undefined {
  const messages = messagesOf(value)
  if (messages.length === 0) return undefined
  return messages.some(isSpokenBefore) ? undefined : readMedia(messages.flatMap(partsOf).filter(isOpenPart))
}

/** An earlier spoken answer is referred to by the id of its `audio`. */
function isSpokenBefore (message: JsonValue): boolean {
  return asObject(asObject(message)?.['audio']) !== undefined
}

function isOpenMessage (message: JsonValue): boolean {
  return isSpokenBefore(message) || partsOf(message).some(isOpenPart)
}

function isOpenPart (item: JsonValue): boolean {
  const part = asObject(item)
  return part !== undefined && !TEXT_PARTS.has(part['type'])
}

function messagesOf ({ messages }: JsonObject): readonly JsonValue[] {
  return Array.isArray(messages) ? messages : []
}

function partsOf (message: JsonValue): readonly JsonValue[] {
  return listOf(asObject(message)?.['content'])
}

/** Some servers take a single item in the place of the list. */
function listOf (value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}

function isFilled (list: JsonValue | undefined): boolean {
  return Array.isArray(list) && list.length > 0
}
