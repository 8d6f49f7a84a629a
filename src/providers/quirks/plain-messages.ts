// Messages and tools without what only OpenRouter knows inside of them: marks for its prompt cache, and reasoning of
// earlier answers. Most servers ignore a strange member there, but Mistral and OpenAI refuse the request.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

const FOREIGN = ['cache_control', 'reasoning', 'reasoning_details']
const TEXTS: ReadonlySet<JsonValue | undefined> = new Set(['text'])
/** Claude Code's first instruction tells Anthropic's servers about itself; it changes with each request. */
const BILLING = /^x-anthropic-billing-header:/

/** Texts become one string: their borders mattered to the prompt cache alone. */
export const plainMessages: RequestQuirk = (body) => changed(body, (message) => plainMessage(message))

/**
 * The same, with what an earlier answer thought under DeepSeek's name: an answer that called tools needs one, though it
 * may be empty. https://api-docs.deepseek.com/guides/thinking_mode
 */
export const plainMessagesWithReasoning: RequestQuirk = (body) => changed(body, (message) => {
  const thought = thoughtsOf(message)
  const needsIt = thought !== '' || Array.isArray(message['tool_calls'])
  return plainMessage(message, needsIt ? { reasoning_content: thought } : undefined)
})

function changed (
  { messages, tools }: JsonObject, plain: (message: JsonObject) => JsonObject
): Record<string, unknown> | undefined {
  const told = mapped(messages, plain)
  const kept = mapped(tools, plainTool)
  if (!told && !kept) return undefined
  return { ...told && { messages: told }, ...kept && { tools: kept } }
}

/** Undefined: nothing changes. */
function mapped (list: JsonValue | undefined, change: (item: JsonObject) => JsonObject): JsonValue[] | undefined {
  if (!Array.isArray(list)) return undefined
  let isChanged = false
  const items = list.map((item) => {
    const one = asObject(item)
    const other = one && change(one)
    isChanged ||= other !== one
    return other ?? item
  })
  return isChanged ? items : undefined
}

/** The same object where nothing is to be changed. */
function plainMessage (message: JsonObject, added?: JsonObject): JsonObject {
  const { content } = message
  const parts = Array.isArray(content) ? plainParts(content, message['role']) : undefined
  const isForeign = FOREIGN.some((name) => name in message)
  if (parts === undefined && !isForeign && !added) return message
  const rest = Object.fromEntries(Object.entries(message).filter(([name]) => !FOREIGN.includes(name)))
  return { ...rest, ...parts !== undefined && { content: parts }, ...added }
}

function plainParts (content: readonly JsonValue[], role: JsonValue | undefined): JsonValue {
  const parts = content.map((item) => asObject(item) ?? {})
  if (!parts.every(({ type, text }) => TEXTS.has(type) && typeof text === 'string')) {
    return parts.map(({ cache_control: _, ...part }) => part)
  }
  const texts = parts.map(({ text }) => text as string)
  const kept = role === 'system' ? texts.filter((text) => !BILLING.test(text)) : texts
  return kept.join(role === 'assistant' ? '' : '\n')
}

function plainTool (tool: JsonObject): JsonObject {
  if (!('cache_control' in tool)) return tool
  const { cache_control: _, ...rest } = tool
  return rest
}

function thoughtsOf ({ reasoning, reasoning_details: details }: JsonObject): string {
  if (typeof reasoning === 'string') return reasoning
  if (!Array.isArray(details)) return ''
  const words = details.map((detail) => asObject(detail)?.['text'] ?? asObject(detail)?.['summary'])
  return words.filter((text) => typeof text === 'string').join('\n')
}
