// `plugins` and `transforms` of a request: which of them are ours to do, and which only OpenRouter has.
// https://openrouter.ai/docs/guides/features/plugins/overview and …/message-transforms

import type { Task } from '../../core/ask.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Plugins } from '../../core/plugins.ts'
import { readChoice, readFlag, readName, readNames, refuse } from './wish-values.ts'

const HEALING = 'response-healing'
const COMPRESSION = 'context-compression'
const OWN: ReadonlySet<string> = new Set([HEALING, COMPRESSION])
const MIDDLE_OUT = 'middle-out'
const JSON_FORMATS: ReadonlySet<JsonValue | undefined> = new Set(['json_object', 'json_schema'])
const MOST_PLUGINS = 20
const WEB = 'web'
/** The dialects that are told as chats ask for it as a tool. */
const WEB_SEARCH = 'web search (the plugin "web", or the tool web_search)'
const ECHO = 'echo of its requests (debug.echo_upstream_body)'

interface Plugin {
  readonly id: string
  readonly isEnabled: boolean
}

/** Undefined, after two lookups: the body names none. @throws GatewayError `invalid_body` naming the member. */
export function readPlugins (value: JsonObject, task: Task): Plugins | undefined {
  const { plugins, transforms } = value
  if (isAbsent(plugins) && isAbsent(transforms)) return undefined
  const told = pluginsIn(plugins)
  const isOn = (id: string) => told.findLast((plugin) => plugin.id === id)?.isEnabled
  const isChat = task === 'chat'
  return {
    wantsHealing: isChat && isOn(HEALING) === true && value['stream'] !== true && isJsonAsked(value),
    mayCompress: isChat ? isOn(COMPRESSION) ?? readNames(transforms, 'transforms')?.includes(MIDDLE_OUT) : undefined
  }
}

/**
 * In words, what nobody but OpenRouter does: other plugins, and the echo of the request it sends, which would show a
 * client what an operator's configuration made of it.
 * https://openrouter.ai/docs/api/reference/errors-and-debugging
 * @throws GatewayError `invalid_body` naming the member.
 */
export function foreignPlugins ({ plugins, transforms, debug }: JsonObject): readonly string[] {
  const ids = pluginsIn(plugins).filter(({ id, isEnabled }) => isEnabled && !OWN.has(id)).map(({ id }) => id)
  const others = (readNames(transforms, 'transforms') ?? []).filter((name) => name !== MIDDLE_OUT)
  const echo = asObject(debug)?.['echo_upstream_body'] === true ? [ECHO] : []
  return [...ids.map((id) => id === WEB ? WEB_SEARCH : `plugin "${id}"`), ...others.map((name) => `transform "${name}"`), ...echo]
}

function pluginsIn (list: JsonValue | undefined): readonly Plugin[] {
  if (isAbsent(list)) return []
  if (!Array.isArray(list)) return refuse('plugins', 'must be a list of objects')
  if (list.length > MOST_PLUGINS) return refuse('plugins', `must have at most ${MOST_PLUGINS} entries`)
  return list.map((item, at) => {
    const path = `plugins.${at}`
    const told = asObject(item) ?? refuse(path, 'must be an object')
    const id = readName(told['id'], `${path}.id`) ?? refuse(`${path}.id`, 'must be the name of a plugin')
    if (id === COMPRESSION) readChoice(told['engine'], `${path}.engine`, [MIDDLE_OUT])
    return { id, isEnabled: readFlag(told['enabled'], `${path}.enabled`) ?? true }
  })
}

function isJsonAsked (value: JsonObject): boolean {
  return JSON_FORMATS.has(asObject(value['response_format'])?.['type'])
}

function isAbsent (value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null
}
