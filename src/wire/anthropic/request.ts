// A request in Anthropic's dialect as a chat in OpenRouter's. https://docs.claude.com/en/api/messages
//
// DESIGN. Each member is one of four: kept as it is (a chat has it under that name), read here, refused (the answer
// would mean something else without it: stored state, tools of Anthropic's machines), or lost and named. Unknown
// members are lost: Anthropic's clients send new ones every month beside a beta header, and strict backends would
// refuse a chat that has them.

import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Interpreted } from '../translated.ts'
import { Losses } from './losses.ts'
import { messagesOf } from './messages.ts'
import { MessageTeller } from './teller.ts'
import { thinkingOf } from './thinking.ts'
import { toolChoiceOf, toolsOf } from './tools.ts'
import { isTold, readList, readObject, readOne, readText, readWhole, refuse } from './values.ts'

/** Sampling, and OpenRouter's own members, which its Messages endpoint takes as well. */
const KEPT = [
  'model', 'models', 'stream', 'temperature', 'top_p', 'top_k', 'min_p', 'top_a', 'seed', 'frequency_penalty',
  'presence_penalty', 'repetition_penalty', 'cache_control', 'prompt_cache_key', 'provider', 'plugins', 'route', 'preset',
  'session_id', 'user', 'trace', 'debug', 'transforms', 'stop_server_tools_when'
]
const READ = [
  'messages', 'system', 'max_tokens', 'tools', 'tool_choice', 'stop_sequences', 'thinking', 'output_config',
  'output_format', 'metadata', 'service_tier', 'speed', 'fallbacks'
]
const REFUSED: { readonly [name: string]: string } = {
  container: 'containers are kept by Anthropic alone',
  thread: 'talks are not kept here; send all messages',
  mcp_servers: 'tools of MCP servers are not run here; run them in the client',
  inference_geo: 'nobody here can promise where a request is answered'
}
const KNOWN: ReadonlySet<string> = new Set([...KEPT, ...READ, ...Object.keys(REFUSED)])
/** OpenAI takes no more. https://platform.openai.com/docs/api-reference/chat/create */
const MOST_STOPS = 4
const MOST_FALLBACKS = 3
/** OpenAI takes no longer `user`. */
const LONGEST_USER = 64
/** Claude Code names its session inside of `metadata.user_id`: behind an underscore, newer ones as JSON. */
const SESSION = /session(?:_|_id"\s*:\s*")([0-9a-f-]{36})/
const SCHEMA_NAME = 'answer'

/** @throws GatewayError `invalid_body` naming the path. */
export function interpret (body: JsonObject): Interpreted {
  const losses = new Losses()
  for (const name in body) {
    if (Object.hasOwn(REFUSED, name) && isFilled(body[name])) refuse(name, REFUSED[name] as string)
    if (!KNOWN.has(name) && isTold(body[name])) losses.add(name)
  }
  const stops = stopsOf(body, losses)
  const { members: thinking, isShown } = thinkingOf(body)
  const chat: JsonObject = {}
  for (const name of KEPT) if (isTold(body[name])) chat[name] = body[name]
  Object.assign(chat, {
    ...modelsOf(body),
    messages: messagesOf(body, losses),
    ...limitOf(body),
    tools: toolsOf(body, losses),
    ...toolChoiceOf(body),
    ...stops.length > 0 && { stop: stops.slice(0, MOST_STOPS) },
    ...thinking,
    ...formatOf(body, losses),
    ...whoOf(body, losses),
    ...tierOf(body)
  })
  const requested = typeof chat['model'] === 'string' ? chat['model'] : undefined
  return { chat, losses: losses.names, teller: new MessageTeller({ requested, stops, isShown }) }
}

/** An empty list or object wishes nothing; `global` is what everybody does. */
function isFilled (value: JsonValue | undefined): boolean {
  if (!isTold(value) || value === 'global') return false
  return typeof value !== 'object' || Object.keys(value as object).length > 0
}

/**
 * `fallbacks` are OpenRouter's `models` in Anthropic's words: at most three, and nothing but the model may differ.
 * https://openrouter.ai/docs/api/api-reference/anthropic-messages
 */
function modelsOf ({ fallbacks, models }: JsonObject): JsonObject {
  if (!isTold(fallbacks)) return {}
  if (isTold(models)) refuse('fallbacks', 'cannot be combined with models')
  const list = readList(fallbacks, 'fallbacks')
  if (list.length > MOST_FALLBACKS) refuse('fallbacks', `at most ${MOST_FALLBACKS} are taken`)
  const names = list.map((item, at) => {
    const { model, ...others } = readObject(item, `fallbacks.${at}`)
    for (const name in others) refuse(`fallbacks.${at}.${name.slice(0, 64)}`, 'only model may stand here')
    return readText(model, `fallbacks.${at}.model`)
  })
  return names.length > 0 ? { models: names } : {}
}

/** Anthropic wants one, a chat does not need it; 0 would only fill a cache that nobody else has. */
function limitOf ({ max_tokens: limit }: JsonObject): JsonObject {
  return isTold(limit) ? { max_tokens: readWhole(limit, 'max_tokens', 1) } : {}
}

function stopsOf ({ stop_sequences: stops }: JsonObject, losses: Losses): readonly string[] {
  if (!isTold(stops)) return []
  const texts = readList(stops, 'stop_sequences').map((stop, at) => readText(stop, `stop_sequences.${at}`))
  if (texts.length > MOST_STOPS) losses.add('stop_sequences')
  return texts.filter((text) => text !== '')
}

function formatOf ({ output_config: config, output_format: older }: JsonObject, losses: Losses): JsonObject {
  const told = isTold(config) ? readObject(config, 'output_config') : {}
  for (const name in told) if (name !== 'effort' && name !== 'format' && isTold(told[name])) losses.add(`output_config.${name}`)
  const [format, path] = isTold(told['format']) ? [told['format'], 'output_config.format'] : [older, 'output_format']
  if (!isTold(format)) return {}
  const { type, schema } = readObject(format, path)
  readOne(type, `${path}.type`, ['json_schema'])
  const jsonSchema = { name: SCHEMA_NAME, strict: true, schema: readObject(schema, `${path}.schema`) }
  return { response_format: { type: 'json_schema', json_schema: jsonSchema } }
}

/** The end user, and the session that the requests of one talk share. */
function whoOf ({ metadata, user, session_id: session }: JsonObject, losses: Losses): JsonObject {
  if (!isTold(metadata)) return {}
  const told = readObject(metadata, 'metadata')
  for (const name in told) if (name !== 'user_id') losses.add(`metadata.${name}`)
  if (!isTold(told['user_id'])) return {}
  const id = readText(told['user_id'], 'metadata.user_id')
  const [, named] = SESSION.exec(id) ?? []
  return {
    ...!isTold(user) && { user: id.length <= LONGEST_USER ? id : createHash('sha256').update(id).digest('hex') },
    ...!isTold(session) && named !== undefined && { session_id: named }
  }
}

/** https://docs.claude.com/en/api/service-tiers: `auto` is what a chat does anyway. */
function tierOf ({ service_tier: tier, speed }: JsonObject): JsonObject {
  if (isTold(speed) && readOne(speed, 'speed', ['standard', 'fast']) === 'fast') return { service_tier: 'fast' }
  if (!isTold(tier) || readText(tier, 'service_tier') === 'auto') return {}
  return { service_tier: tier === 'standard_only' ? 'default' : tier }
}
