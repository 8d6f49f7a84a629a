// What routing and metering need of an OpenAI-shaped request: model, stream, needs, bounds. Nothing else is judged:
// unknown and misspelt members are the provider's to accept or refuse.

import type { Envelope, Need, Task } from '../../core/ask.ts'
import { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'

const LONGEST_MODEL_NAME = 256
const MOST_CHOICES = 128

/** Content part types that need a capability. https://platform.openai.com/docs/api-reference/chat/create */
const PART_NEEDS: { readonly [type: string]: Need } = {
  image_url: 'vision',
  input_image: 'vision',
  input_audio: 'audio_input'
}

/** @throws GatewayError `missing_model` or `invalid_body`. */
export function readEnvelope ({ bytes, value }: JsonBody, task: Task): Envelope {
  return {
    model: readModel(value['model']),
    isStream: readBoolean(value, 'stream'),
    needs: task === 'chat' ? needsOf(value) : [],
    bodyBytes: bytes.length,
    maxOutputTokens: readBound(value, 'max_completion_tokens') ?? readBound(value, 'max_tokens'),
    choices: readChoices(value),
    wantsUsage: asObject(value['stream_options'])?.['include_usage'] === true,
    characters: task === 'speech' ? countCharacters(value['input']) : undefined
  }
}

export function readModel (model: JsonValue | undefined): string {
  if (model === undefined || model === null || model === '') throw new GatewayError('missing_model')
  if (typeof model !== 'string') throw new GatewayError('invalid_body', { reason: '"model" must be a string.' }, { param: 'model' })
  // eslint-disable-next-line no-control-regex -- control characters would reach headers and terminals
  if (model.length > LONGEST_MODEL_NAME || /[\x00-\x1f\x7f]/.test(model)) {
    throw new GatewayError('invalid_body', { reason: '"model" is not a usable model name.' }, { param: 'model' })
  }
  return model
}

function readBoolean (value: JsonObject, name: string): boolean {
  const flag = value[name]
  if (flag === undefined || flag === null) return false
  if (typeof flag === 'boolean') return flag
  throw new GatewayError('invalid_body', { reason: `"${name}" must be true or false.` }, { param: name })
}

function readBound (value: JsonObject, name: string): number | undefined {
  const bound = value[name]
  if (bound === undefined || bound === null) return undefined
  if (typeof bound === 'number' && Number.isSafeInteger(bound) && bound >= 0) return bound
  throw new GatewayError('invalid_body', { reason: `"${name}" must be a non-negative whole number.` }, { param: name })
}

function readChoices (value: JsonObject): number {
  const choices = readBound(value, 'n') ?? 1
  if (choices >= 1 && choices <= MOST_CHOICES) return choices
  throw new GatewayError('invalid_body', { reason: `"n" must be from 1 to ${MOST_CHOICES}.` }, { param: 'n' })
}

function needsOf (value: JsonObject): Need[] {
  const needs = new Set<Need>()
  if (isFilled(value['tools']) || isFilled(value['functions'])) needs.add('tool_calling')
  if (!Array.isArray(value['messages'])) return [...needs]
  for (const message of value['messages']) {
    const content = asObject(message)?.['content']
    if (!Array.isArray(content)) continue
    for (const part of content) {
      const need = PART_NEEDS[String(asObject(part)?.['type'])]
      if (need) needs.add(need)
    }
  }
  return [...needs]
}

function isFilled (list: JsonValue | undefined): boolean {
  return Array.isArray(list) && list.length > 0
}

function countCharacters (input: JsonValue | undefined): number | undefined {
  if (typeof input !== 'string') return undefined
  let count = 0
  for (let at = 0; at < input.length; at++) {
    const code = input.charCodeAt(at)
    if (code < 0xdc00 || code > 0xdfff) count++ // a surrogate pair is one character
  }
  return count
}
