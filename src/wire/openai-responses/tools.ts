// `tools` and `tool_choice` as a chat has them: functions are wrapped, custom tools become functions of one text,
// namespaces become parts of names, and a search becomes OpenRouter's plugin.
// https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { refuse } from '../openai-chat/wish-values.ts'
import { isAbsent, needList, needMembers, needText, readText, type Losses } from './fields.ts'
import { INPUT, nameInChat, type NamedTool, ToolNames } from './tool-names.ts'

const LONGEST_NAME = 64
const SEARCH = /^web_search(_preview)?(_\d{4}_\d{2}_\d{2})?$/
/** OpenRouter's own, which its chats have too: https://openrouter.ai/docs/guides/features/server-tools */
const OF_OPENROUTER = 'openrouter:'
/** Members of a search, or of its filters, to those of the plugin. */
const SEARCH_MEMBERS: { readonly [member: string]: string } = {
  engine: 'engine',
  max_results: 'max_results',
  max_uses: 'max_uses',
  search_prompt: 'search_prompt',
  user_location: 'user_location',
  include_domains: 'include_domains',
  allowed_domains: 'include_domains',
  exclude_domains: 'exclude_domains',
  excluded_domains: 'exclude_domains',
  blocked_domains: 'exclude_domains'
}

export interface Tools {
  /** For the chat; undefined: none. */
  readonly list: readonly JsonObject[] | undefined
  readonly choice: JsonValue | undefined
  /** OpenRouter's plugin that searches. */
  readonly search: JsonObject | undefined
  readonly names: ToolNames
}

interface Reading {
  readonly names: ToolNames
  readonly losses: Losses
  readonly list: JsonObject[]
  search: JsonObject | undefined
}

/** @throws GatewayError `invalid_body` naming the path, also for a tool that nobody here can run. */
export function readTools ({ tools, tool_choice: choice }: JsonObject, losses: Losses): Tools {
  const reading: Reading = { names: new ToolNames(), losses, list: [], search: undefined }
  const told = isAbsent(tools) ? [] : needList(tools, 'tools')
  told.forEach((tool, at) => { readTool(needMembers(tool, `tools.${at}`), `tools.${at}`, reading, undefined) })
  const allowed = asObject(choice)?.['type'] === 'allowed_tools' ? asObject(choice) : undefined
  const list = allowed ? only(reading.list, allowed) : reading.list
  const chosen = allowed ? allowed['mode'] : isAbsent(choice) ? undefined : readChoice(choice, 'tool_choice')
  return {
    list: list.length > 0 ? list : undefined,
    choice: list.length > 0 ? chosen ?? undefined : undefined,
    search: reading.search,
    names: reading.names
  }
}

function readTool (tool: JsonObject, path: string, reading: Reading, namespace: string | undefined): void {
  const type = needText(tool['type'], `${path}.type`)
  if (type === 'function') return addFunction(tool, path, reading, namespace)
  if (type === 'custom') return addCustom(tool, path, reading, namespace)
  if (type === 'namespace' && namespace === undefined) return addNamespace(tool, path, reading)
  if (SEARCH.test(type)) {
    reading.search = searchOf(tool)
    return
  }
  if (type.startsWith(OF_OPENROUTER)) {
    reading.list.push(tool)
    return
  }
  refuse(`${path}.type`, `is a tool that nobody runs here (${type.slice(0, 64)}): functions, custom tools and ` +
    'namespaces of them are for every model, web_search for those of OpenRouter')
}

function addFunction (tool: JsonObject, path: string, { names, list }: Reading, namespace: string | undefined): void {
  const { strict, description, parameters } = tool
  const name = names.add(nameOf(tool, path, 'function', namespace))
  if (!isAbsent(parameters)) needMembers(parameters, `${path}.parameters`)
  if (!isAbsent(strict) && typeof strict !== 'boolean') refuse(`${path}.strict`, 'must be true or false')
  const words = readText(description, `${path}.description`)
  list.push({
    type: 'function',
    function: {
      name,
      ...words !== undefined && { description: words },
      ...!isAbsent(parameters) && { parameters },
      ...!isAbsent(strict) && { strict }
    },
    ...!isAbsent(tool['cache_control']) && { cache_control: tool['cache_control'] }
  })
}

/** A grammar is told to the model in words, and not enforced. */
function addCustom (tool: JsonObject, path: string, reading: Reading, namespace: string | undefined): void {
  const { names, list, losses } = reading
  const name = names.add(nameOf(tool, path, 'custom', namespace))
  const format = isAbsent(tool['format']) ? undefined : needMembers(tool['format'], `${path}.format`)
  const grammar = format?.['type'] === 'grammar' ? needText(format['definition'], `${path}.format.definition`) : undefined
  if (grammar !== undefined) losses.add(`${path}.format`)
  const rule = grammar === undefined
    ? ''
    : `\n\nThe input has to match this grammar (${String(format?.['syntax']).slice(0, 20)}):\n${grammar}`
  const description = `${readText(tool['description'], `${path}.description`) ?? ''}${rule}`
  const input = { type: 'string', description: 'The whole input of the tool, as plain text.' }
  list.push({
    type: 'function',
    function: {
      name,
      ...description !== '' && { description },
      parameters: { type: 'object', properties: { [INPUT]: input }, required: [INPUT], additionalProperties: false }
    }
  })
}

function addNamespace (tool: JsonObject, path: string, reading: Reading): void {
  const namespace = needText(tool['name'], `${path}.name`)
  needList(tool['tools'], `${path}.tools`).forEach((inner, at) => {
    readTool(needMembers(inner, `${path}.tools.${at}`), `${path}.tools.${at}`, reading, namespace)
  })
}

function nameOf (tool: JsonObject, path: string, kind: NamedTool['kind'], namespace: string | undefined): NamedTool {
  const name = needText(tool['name'], `${path}.name`)
  const length = nameInChat(name, namespace).length
  if (name === '' || length > LONGEST_NAME) refuse(`${path}.name`, `must have 1 to ${LONGEST_NAME} characters, those of its namespace included`)
  return { kind, name, namespace }
}

/** https://openrouter.ai/docs/guides/features/plugins/web-search */
function searchOf (tool: JsonObject): JsonObject {
  const told = { ...tool, ...asObject(tool['filters']) }
  const search: JsonObject = { id: 'web' }
  for (const [name, plugins] of Object.entries(SEARCH_MEMBERS)) if (!isAbsent(told[name])) search[plugins] = told[name]
  return search
}

function readChoice (choice: JsonValue, path: string): JsonValue {
  if (choice === 'none' || choice === 'auto' || choice === 'required') return choice
  const { type, name, namespace } = needMembers(choice, path)
  if (type === 'function' || type === 'custom') {
    return { type: 'function', function: { name: nameInChat(needText(name, `${path}.name`), readText(namespace, `${path}.namespace`)) } }
  }
  if (typeof type === 'string' && SEARCH.test(type)) return 'auto' // the plugin searches for each request
  return refuse(`${path}.type`, 'must name a function, a custom tool, or "allowed_tools"')
}

/** Those that may be called: the others stay out of the chat, which is the same to the model. */
function only (list: readonly JsonObject[], { tools, mode }: JsonObject): readonly JsonObject[] {
  if (mode !== 'auto' && mode !== 'required') refuse('tool_choice.mode', 'must be "auto" or "required"')
  const names = new Set(needList(tools, 'tool_choice.tools').map((tool, at) => {
    const { name, namespace } = needMembers(tool, `tool_choice.tools.${at}`)
    return typeof name === 'string' ? nameInChat(name, readText(namespace, `tool_choice.tools.${at}.namespace`)) : undefined
  }))
  return list.filter((tool) => names.has(asObject(tool['function'])?.['name'] as string | undefined))
}
