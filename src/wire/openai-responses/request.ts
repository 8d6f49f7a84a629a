// A Responses request as a chat in OpenRouter's dialect, member by member.
// https://platform.openai.com/docs/api-reference/responses/create, https://openrouter.ai/docs/api/reference/responses/overview

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { readChoice, readFlag, readMembers, refuse } from '../openai-chat/wish-values.ts'
import type { Interpreted } from '../translated.ts'
import { echoOf } from './echo.ts'
import { isAbsent, Losses, needMembers, needText, readCount, readNumber, readText } from './fields.ts'
import { readInput } from './items.ts'
import { ResponseTeller } from './teller.ts'
import { readTools } from './tools.ts'

const STATELESS = 'needs answers that are kept, and this broker keeps none: leave it out, and send the whole ' +
  'conversation in "input"'

/** Members that would make it another answer. */
const REFUSED: { readonly [member: string]: string } = {
  previous_response_id: STATELESS,
  conversation: STATELESS,
  store: `true ${STATELESS.replace('leave it out', 'send false')}`,
  background: `true ${STATELESS}`,
  prompt: 'names a prompt that OpenAI keeps, and this broker keeps none: send its text in "instructions"'
}

/** Members without a place in a chat, and without a say in what is answered. */
const LOST = ['context_management', 'access_programs', 'client_metadata', 'moderation']

/** Members that are the same in a chat, as far as their values can be judged; others pass unjudged. */
const SAME: { readonly [member: string]: (value: JsonValue | undefined, path: string) => unknown } = {
  temperature: readNumber,
  top_p: readNumber,
  presence_penalty: readNumber,
  frequency_penalty: readNumber,
  parallel_tool_calls: readFlag,
  user: readText,
  safety_identifier: readText,
  prompt_cache_key: readText,
  service_tier: readText
}

/** Members that are read here, and do not pass under their names. */
const READ: ReadonlySet<string> = new Set([
  ...Object.keys(REFUSED), ...LOST, 'input', 'instructions', 'max_output_tokens', 'max_tool_calls', 'reasoning', 'text',
  'tools', 'tool_choice', 'include', 'truncation', 'top_logprobs', 'stream_options', 'generate', 'messages', 'n'
])

const LOGPROBS = 'message.output_text.logprobs'
const SEALED = 'reasoning.encrypted_content'
const COMPRESSION = 'context-compression'
/** OpenAI's limits: https://platform.openai.com/docs/api-reference/responses/create#responses-create-metadata */
const MOST_METADATA = 16

/** @throws GatewayError `invalid_body` naming the path of what is wrong. */
export function interpret (body: JsonObject): Interpreted {
  const losses = new Losses()
  refuseForeign(body, losses)
  for (const [name, read] of Object.entries(SAME)) read(body[name], name)
  readMetadata(body['metadata'])
  const isStream = readFlag(body['stream'], 'stream') === true
  const tools = readTools(body, losses)
  const chat: JsonObject = {}
  for (const [name, value] of Object.entries(body)) if (!READ.has(name) && value !== null) chat[name] = value
  Object.assign(chat, {
    messages: readInput(body, losses),
    ...isStream && { stream_options: { include_usage: true } },
    ...tools.list && { tools: tools.list },
    ...tools.choice !== undefined && { tool_choice: tools.choice },
    ...limitsOf(body, tools.list),
    ...reasoningOf(body),
    ...textOf(body),
    ...logprobsOf(body, losses),
    ...pluginsOf(body, tools.search)
  })
  const teller = new ResponseTeller({
    echo: echoOf(body),
    names: tools.names,
    wantsSummary: !isAbsent(asObject(body['reasoning'])?.['summary']),
    wantsSealed: Array.isArray(body['include']) && body['include'].includes(SEALED)
  })
  return { chat, losses: losses.paths, teller }
}

function refuseForeign (body: JsonObject, losses: Losses): void {
  for (const [name, reason] of Object.entries(REFUSED)) {
    if (!isAbsent(body[name]) && body[name] !== false) refuse(name, reason)
  }
  if (!isAbsent(body['n']) && body['n'] !== 1) refuse('n', 'must be 1: this path tells one answer')
  for (const name of LOST) if (!isAbsent(body[name])) losses.add(name)
}

function readMetadata (value: JsonValue | undefined): void {
  const entries = Object.entries(readMembers(value, 'metadata') ?? {})
  if (entries.length > MOST_METADATA) refuse('metadata', `must have at most ${MOST_METADATA} members`)
  for (const [name, text] of entries) needText(text, `metadata.${name.slice(0, 64)}`)
}

/** How often a provider may run its own tools says something only where it has some. */
function limitsOf (body: JsonObject, tools: readonly JsonObject[] | undefined): JsonObject {
  const output = readCount(body['max_output_tokens'], 'max_output_tokens')
  const calls = readCount(body['max_tool_calls'], 'max_tool_calls')
  const isHosted = tools?.some(({ type }) => type !== 'function') === true
  return {
    ...output !== undefined && { max_completion_tokens: output },
    ...calls !== undefined && isHosted && { max_tool_calls: calls }
  }
}

function reasoningOf (body: JsonObject): JsonObject {
  const told = Object.entries(readMembers(body['reasoning'], 'reasoning') ?? {}).filter(([, value]) => value !== null)
  for (const [name, value] of told) if (name === 'effort' || name === 'summary') needText(value, `reasoning.${name}`)
  return told.length > 0 ? { reasoning: Object.fromEntries(told) } : {}
}

function textOf (body: JsonObject): JsonObject {
  const { format, verbosity } = readMembers(body['text'], 'text') ?? {}
  const level = readText(verbosity, 'text.verbosity')
  const asked = isAbsent(format) ? undefined : formatOf(needMembers(format, 'text.format'))
  return { ...level !== undefined && { verbosity: level }, ...asked && { response_format: asked } }
}

function formatOf ({ type, ...schema }: JsonObject): JsonObject | undefined {
  if (type === 'text') return undefined
  if (type === 'json_object') return { type }
  if (type !== 'json_schema') return refuse('text.format.type', 'must be "text", "json_object" or "json_schema"')
  needText(schema['name'], 'text.format.name')
  needMembers(schema['schema'], 'text.format.schema')
  return { type, json_schema: Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== null)) }
}

/** What `include` may ask for and the answer has anyway is no loss. */
function logprobsOf ({ include, top_logprobs: top }: JsonObject, losses: Losses): JsonObject {
  const most = readCount(top, 'top_logprobs')
  const asked = isAbsent(include) ? [] : Array.isArray(include) ? include : refuse('include', 'must be a list of strings')
  const names = asked.map((name, at) => needText(name, `include.${at}`))
  for (const [at, name] of names.entries()) if (name !== LOGPROBS && name !== SEALED) losses.add(`include.${at}`)
  if (!names.includes(LOGPROBS) && !most) return {}
  return { logprobs: true, ...most !== undefined && most > 0 && { top_logprobs: most } }
}

/** `truncation` is OpenRouter's compression of the context, under another name. */
function pluginsOf ({ plugins, truncation }: JsonObject, search: JsonObject | undefined): JsonObject {
  const how = readChoice(truncation, 'truncation', ['auto', 'disabled'])
  const own = Array.isArray(plugins) ? plugins : []
  const isTold = how === undefined || own.some((plugin) => asObject(plugin)?.['id'] === COMPRESSION)
  const added = [...isTold ? [] : [{ id: COMPRESSION, enabled: how === 'auto' }], ...search ? [search] : []]
  return added.length > 0 && (isAbsent(plugins) || Array.isArray(plugins)) ? { plugins: [...own, ...added] } : {}
}
