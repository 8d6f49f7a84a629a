// What routing and metering need of an OpenAI-shaped request: model, stream, needs, bounds. Nothing else is judged
// but a chat of no messages: unknown and misspelt members are the provider's to accept or refuse.

import type { Envelope, Task } from '../../core/ask.ts'
import { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { RoutingWishes } from '../../core/wishes.ts'
import { needsCompletionsOf } from './completions-only.ts'
import { extrasOf } from './extras.ts'
import { countOpenInputs, countPrompts, mediaOf, needsOf, softParametersOf } from './inputs.ts'
import { hasOpenRouterMember, readHidesReasoning } from './openrouter-body.ts'
import { readPlugins } from './plugins.ts'
import { isSigned } from './opening.ts'
import { readRerank } from './rerank.ts'
import { readWishes } from './wishes.ts'

/** Tasks whose requests may leave the model out. https://platform.openai.com/docs/api-reference/moderations/create */
const DEFAULT_MODELS: { readonly [task in Task]?: string } = { moderation: 'omni-moderation-latest' }

const LONGEST_MODEL_NAME = 256
const MOST_CHOICES = 128
/** Chats, and what may be told as one. vLLM took `best_of` for chat as well. */
const WRITES_TEXT: ReadonlySet<Task> = new Set(['chat', 'completion'])

/** @throws GatewayError `missing_model` or `invalid_body`. */
export function readEnvelope ({ bytes, value }: JsonBody, task: Task): Envelope {
  if (task === 'chat') refuseNoMessages(value)
  const prompts = countPrompts(value, task)
  const each = readChoices(value)
  const openInputs = countOpenInputs(value, task)
  const wishes = readWishes(value)
  return {
    model: readModel(askedModel(value, wishes, task)),
    isStream: readBoolean(value, 'stream'),
    needs: task === 'chat' ? needsOf(value) : [],
    parameters: task === 'chat' ? softParametersOf(value) : undefined,
    isSigned: task === 'chat' && isSigned(value),
    bodyBytes: bytes.length,
    maxOutputTokens: readLimit(value),
    choices: prompts * each,
    drafts: prompts * Math.max(each, WRITES_TEXT.has(task) ? readDrafts(value) : 1),
    openInputs,
    media: openInputs > 0 ? mediaOf(value) : undefined,
    extras: WRITES_TEXT.has(task) ? extrasOf(value) : undefined,
    wantsUsage: wantsUsage(value),
    hidesReasoning: WRITES_TEXT.has(task) && readHidesReasoning(value),
    wantsBase64: value['encoding_format'] === 'base64',
    characters: task === 'speech' ? countCharacters(value['input']) : undefined,
    needsCompletions: needsCompletionsOf(value, task),
    rerank: readRerank(value, task),
    wishes,
    plugins: readPlugins(value, task)
  }
}

/**
 * No provider answers a conversation of no messages, and each refuses it in other words, some after a while.
 * A body without the member is left to them: some take a `prompt` in its place.
 */
function refuseNoMessages ({ messages }: JsonObject): void {
  if (!Array.isArray(messages) || messages.length > 0) return
  throw new GatewayError('invalid_body', { reason: '"messages" is empty: send at least one.' }, { param: 'messages' })
}

/** Without `model` the first of `models`, as at OpenRouter; else what is usual for the task. */
function askedModel (value: JsonObject, wishes: RoutingWishes | undefined, task: Task): JsonValue | undefined {
  return value['model'] ?? wishes?.models[0] ?? DEFAULT_MODELS[task]
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

function wantsUsage (value: JsonObject): boolean {
  if (asObject(value['stream_options'])?.['include_usage'] === true) return true
  return value['stream'] === true && hasOpenRouterMember(value)
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

/** One limit, two names; whether a provider keeps the one, the other or both is not known here. */
function readLimit (value: JsonObject): number | undefined {
  const newer = readBound(value, 'max_completion_tokens') || undefined // 0 is "no limit" to some servers
  const older = readBound(value, 'max_tokens') || undefined
  return newer === undefined || older === undefined ? newer ?? older : Math.max(newer, older)
}

/** `best_of`: so many texts for each prompt are written, and the best `n` of them sent. */
function readDrafts (value: JsonObject): number {
  const drafts = readBound(value, 'best_of') ?? 1
  if (drafts <= MOST_CHOICES) return drafts
  throw new GatewayError('invalid_body', { reason: `"best_of" must be at most ${MOST_CHOICES}.` }, { param: 'best_of' })
}

function readChoices (value: JsonObject): number {
  const choices = readBound(value, 'n') ?? 1
  if (choices >= 1 && choices <= MOST_CHOICES) return choices
  throw new GatewayError('invalid_body', { reason: `"n" must be from 1 to ${MOST_CHOICES}.` }, { param: 'n' })
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
