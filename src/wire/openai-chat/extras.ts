// What a request asks its provider to do beside writing, where that is billed by the call: searches, and tools that run
// on the provider's side. What they find is read as input, too.

import type { Extra } from '../../core/ask.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * Members that let the provider search: OpenAI and OpenRouter, xAI, Alibaba.
 * https://platform.openai.com/docs/guides/tools-web-search, https://docs.x.ai/docs/guides/live-search,
 * https://www.alibabacloud.com/help/en/model-studio/web-search
 */
const SEARCHES = ['web_search_options', 'search_parameters', 'enable_search']

/** Tools the client runs itself. Any other kind is the provider's own. */
const OF_THE_CLIENT: ReadonlySet<JsonValue | undefined> = new Set(['function', 'custom', undefined])
/** Plugins that OpenRouter asks nothing for. https://openrouter.ai/docs/guides/features/plugins/overview */
const FREE_PLUGINS: ReadonlySet<JsonValue | undefined> = new Set(['response-healing', 'context-compression'])
const NO_EXTRAS: readonly Extra[] = []

export function extrasOf (value: JsonObject): readonly Extra[] {
  const { tools, plugins } = value
  const own = Array.isArray(tools) ? tools.map(typeOf).filter((type) => !OF_THE_CLIENT.has(type)) : []
  const paid = Array.isArray(plugins) ? plugins.filter(isPaid) : []
  const searches = SEARCHES.some((name) => isSearchOn(name, value[name])) || own.some(isSearch) || paid.some(isWeb)
  const calls = own.some((type) => !isSearch(type)) || paid.some((plugin) => !isWeb(plugin))
  if (!searches && !calls) return NO_EXTRAS
  return [...searches ? ['searches' as const] : [], ...calls ? ['tool_calls' as const] : []]
}

/** Only xAI reads `mode: "off"`: elsewhere it is a member that nobody knows, and the search is made. */
function isSearchOn (name: string, value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false) return false
  return name !== 'search_parameters' || asObject(value)?.['mode'] !== 'off'
}

function typeOf (tool: JsonValue): JsonValue | undefined {
  return asObject(tool)?.['type']
}

function isSearch (type: JsonValue | undefined): boolean {
  return String(type).includes('search')
}

function isPaid (plugin: JsonValue): boolean {
  return !FREE_PLUGINS.has(asObject(plugin)?.['id']) && asObject(plugin)?.['enabled'] !== false
}

function isWeb (plugin: JsonValue): boolean {
  return asObject(plugin)?.['id'] === 'web'
}
