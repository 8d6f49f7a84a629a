// The words of a request and of its answer, for counts where the provider tells none.

import type { Task } from '../../core/ask.ts'
import { asObject, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { InputTexts } from '../../core/texts.ts'
import type { PlainAnswer } from '../format.ts'
import { choicesOf } from './output.ts'
import { isFilled, PLAIN_ENDS } from './shown.ts'

/**
 * Members of a chat that add no token to what is read or written, but for the messages themselves. `stop` is not here:
 * the words it stops at are written, billed and not shown. Nor is `prediction`: what of it is rejected is billed.
 */
const PLAIN_MEMBERS = new Set([
  'model', 'messages', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'n', 'stream', 'stream_options',
  'presence_penalty', 'frequency_penalty', 'seed', 'user', 'logit_bias', 'logprobs', 'top_logprobs', 'metadata', 'store',
  'usage', 'safety_identifier'
])
const PLAIN_ROLES: ReadonlySet<JsonValue | undefined> = new Set(['system', 'developer', 'user', 'assistant'])
const PLAIN_MESSAGE = new Set(['role', 'content', 'name'])
/** What a message of an answer may hold besides its words: labels, and sources that are no words of the model. */
const PLAIN_ANSWER = new Set(['role', 'content', 'annotations'])

/** Undefined: the task is not asked in words. */
export function readTexts ({ value }: JsonBody, task: Task): InputTexts | undefined {
  if (task === 'chat') return textsOfChat(value)
  const list = listOf(task === 'embedding' ? value['input'] : task === 'completion' ? value['prompt'] : undefined)
  const texts = list.filter((item) => typeof item === 'string')
  if (texts.length === 0) return undefined
  return { texts, messages: 0, names: 0, isAll: task === 'embedding' && texts.length === list.length }
}

function textsOfChat (value: JsonObject): InputTexts | undefined {
  const { messages } = value
  if (!Array.isArray(messages)) return undefined
  const read = messages.map((message) => textsOfMessage(asObject(message) ?? {}))
  const rest = Object.keys(value).filter((name) => !PLAIN_MEMBERS.has(name) && isFilled(value[name]))
  const tools = ['tools', 'functions'].filter((name) => isFilled(value[name])).map((name) => JSON.stringify(value[name]))
  return {
    texts: [...read.flatMap(({ texts }) => texts), ...tools],
    messages: messages.length,
    names: read.filter(({ hasName }) => hasName).length,
    isAll: rest.length === 0 && read.every(({ isAll }) => isAll)
  }
}

function textsOfMessage (message: JsonObject) {
  const { role, name, content } = message
  const parts = Array.isArray(content) ? content.map(textOfPart) : [typeof content === 'string' ? content : undefined]
  const rest = Object.keys(message).filter((name) => !PLAIN_MESSAGE.has(name) && isFilled(message[name]))
  return {
    texts: [role, name, ...parts].filter((text) => typeof text === 'string'),
    hasName: typeof name === 'string',
    isAll: rest.length === 0 && PLAIN_ROLES.has(role) && parts.every((text) => text !== undefined)
  }
}

function textOfPart (part: JsonValue): string | undefined {
  const { type, text } = asObject(part) ?? {}
  return type === 'text' && typeof text === 'string' ? text : undefined
}

function listOf (value: JsonValue | undefined): ReadonlyArray<JsonValue | undefined> {
  return Array.isArray(value) ? value : [value]
}

/**
 * The words of each choice of a whole chat, where words are all that the model wrote. Undefined: it wrote something
 * else as well, or did not come to a plain end.
 */
export function readAnswerTexts ({ value, task }: PlainAnswer): readonly string[] | undefined {
  if (value === undefined || task !== 'chat') return undefined
  const choices = choicesOf(value)
  return choices.length > 0 && choices.every(isPlainChoice) ? choices.map(contentOf) : undefined
}

function isPlainChoice (choice: JsonObject): boolean {
  const message = asObject(choice['message'])
  if (!message || typeof message['content'] !== 'string' || !PLAIN_ENDS.has(choice['finish_reason'])) return false
  return Object.keys(message).every((name) => PLAIN_ANSWER.has(name) || !isFilled(message[name]))
}

function contentOf (choice: JsonObject): string {
  return String(asObject(choice['message'])?.['content'])
}
