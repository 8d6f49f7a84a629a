// Presets: what of a request is kept under a name, and how it comes back into another one.
// https://openrouter.ai/docs/guides/features/presets

import { asObject, readJsonObject, skipSpace, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'
import { editMembers, splice } from '../../core/json-edit.ts'

/** Members that configure a request; all others belong to one request alone. */
const KEPT = [
  'model', 'models', 'provider', 'route', 'plugins', 'transforms', 'temperature', 'top_p', 'top_k', 'min_p', 'top_a',
  'frequency_penalty', 'presence_penalty', 'repetition_penalty', 'seed', 'max_tokens', 'max_completion_tokens',
  'logit_bias', 'logprobs', 'top_logprobs', 'stop', 'tools', 'tool_choice', 'parallel_tool_calls', 'response_format',
  'structured_outputs', 'reasoning', 'reasoning_effort', 'include_reasoning', 'verbosity', 'modalities', 'image_config',
  'web_search_options', 'service_tier', 'cache_control'
]
const SYSTEM: ReadonlySet<JsonValue | undefined> = new Set(['system', 'developer'])
const MARK = '@preset/'

export interface PresetPartsRead {
  readonly systemPrompt: string | undefined
  readonly config: JsonObject
}

export interface PresetName {
  readonly slug: string
  /** The model that is named before it; undefined: that of the preset. */
  readonly model: string | undefined
  /** It stands in the model's name: then there has to be such a preset. */
  readonly isModel: boolean
}

/** Undefined, after a look at two members: the request names none. */
export function presetNameIn ({ model, preset }: JsonObject): PresetName | undefined {
  const at = typeof model === 'string' ? model.indexOf(MARK) : -1
  if (typeof model === 'string' && at >= 0) {
    return { slug: model.slice(at + MARK.length), model: model.slice(0, at) || undefined, isModel: true }
  }
  if (typeof preset !== 'string' || preset === '') return undefined
  const slug = preset.startsWith(MARK) ? preset.slice(MARK.length) : preset
  return { slug, model: typeof model === 'string' && model !== '' ? model : undefined, isModel: false }
}

/** What is worth keeping of a request: its configuration, and the words of the system messages it begins with. */
export function presetPartsOf (body: JsonObject): PresetPartsRead {
  const config: JsonObject = {}
  for (const name of KEPT) if (body[name] !== undefined && body[name] !== null) config[name] = body[name]
  const messages = Array.isArray(body['messages']) ? body['messages'] : []
  const end = messages.findIndex((message) => !isSystem(message))
  const words = messages.slice(0, end < 0 ? messages.length : end).flatMap(wordsOf)
  return { config, systemPrompt: words.length === 0 ? undefined : words.join('\n\n') }
}

/** The request with what the preset adds: its own members win, tools are united, a system message of its own stays. */
export function withPreset (json: JsonBody, preset: PresetPartsRead, model: string | undefined): JsonBody {
  const { bytes, value, members } = json
  const { config, systemPrompt } = preset
  const changes = new Map<string, string | undefined>([['preset', undefined]])
  for (const [name, member] of Object.entries(config)) {
    if (!Object.hasOwn(value, name)) changes.set(name, JSON.stringify(member))
  }
  const named = model ?? config['model']
  changes.set('model', named === undefined ? undefined : JSON.stringify(named))
  const { tools, messages } = value
  if (Array.isArray(tools) && Array.isArray(config['tools'])) changes.set('tools', JSON.stringify(united(config['tools'], tools)))
  if (systemPrompt !== undefined && Array.isArray(messages) && !messages.some(isSystem)) {
    changes.set('messages', JSON.stringify([{ role: 'system', content: systemPrompt }, ...messages]))
  }
  return readJsonObject(splice(bytes, editMembers(bytes, skipSpace(bytes, 0), changes, members)))
}

/** The preset's tools in their order, each as the request has it if it has one of that name, and then the others. */
function united (kept: readonly JsonValue[], own: readonly JsonValue[]): readonly JsonValue[] {
  const byName = new Map(own.map((tool) => [nameOf(tool), tool]))
  const known = new Set(kept.map(nameOf))
  return [...kept.map((tool) => byName.get(nameOf(tool)) ?? tool), ...own.filter((tool) => !known.has(nameOf(tool)))]
}

function nameOf (tool: JsonValue): string {
  const told = asObject(tool)
  const parts = asObject(told?.['function']) ?? asObject(told?.['parameters'])
  return `${String(told?.['type'])} ${String(parts?.['name'] ?? told?.['name'] ?? '')}`
}

function isSystem (message: JsonValue): boolean {
  return SYSTEM.has(asObject(message)?.['role'])
}

function wordsOf (message: JsonValue): string[] {
  const content = asObject(message)?.['content']
  const parts = Array.isArray(content) ? content.map((part) => asObject(part)?.['text']) : [content]
  return parts.filter((part) => typeof part === 'string' && part !== '') as string[]
}
