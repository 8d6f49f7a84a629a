// Input items as a chat's messages. https://platform.openai.com/docs/api-reference/responses/create#responses-create-input

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { refuse } from '../openai-chat/wish-values.ts'
import { isAbsent, needList, needMembers, needText, readText, type Losses } from './fields.ts'
import { readParts } from './parts.ts'
import { isSealed, unseal } from './sealed.ts'
import { Talk } from './talk.ts'
import { INPUT, nameInChat } from './tool-names.ts'

const NO_STATE = 'This broker keeps no state: send the items themselves.'
const ROLES: ReadonlySet<string> = new Set(['user', 'system', 'developer', 'assistant'])

/** Calls of tools that somebody else ran: what came of them is in the answer that followed. */
const OF_HOSTED_TOOLS: ReadonlySet<string> = new Set([
  'web_search_call', 'file_search_call', 'code_interpreter_call', 'image_generation_call', 'mcp_list_tools', 'mcp_call',
  'mcp_approval_request', 'mcp_approval_response', 'tool_search_call', 'tool_search_output', 'program', 'program_output',
  'computer_call', 'computer_call_output', 'local_shell_call', 'local_shell_call_output', 'shell_call',
  'shell_call_output', 'apply_patch_call', 'apply_patch_call_output'
])

interface Item {
  readonly value: JsonObject
  readonly path: string
  readonly talk: Talk
  readonly losses: Losses
}

const KINDS: { readonly [type: string]: (item: Item) => void } = {
  message: readMessage,
  reasoning: readReasoning,
  function_call: (item) => readCall(item, needText(item.value['arguments'], `${item.path}.arguments`)),
  custom_tool_call: (item) =>
    readCall(item, JSON.stringify({ [INPUT]: needText(item.value['input'], `${item.path}.input`) })),
  function_call_output: readResult,
  custom_tool_call_output: readResult,
  item_reference: ({ path }) => refuse(`${path}.type`, `names an item that would have to be kept. ${NO_STATE}`.slice(0, -1))
}

/** @throws GatewayError `invalid_body` naming the path. */
export function readInput (body: JsonObject, losses: Losses): readonly JsonObject[] {
  const talk = new Talk()
  const instructions = readText(body['instructions'], 'instructions')
  if (instructions !== undefined && instructions !== '') talk.say('system', readParts(instructions, ''), undefined)
  const { input } = body
  if (isAbsent(input)) return refuse('input', 'must be a string or a list of items')
  if (typeof input === 'string') talk.say('user', readParts(input, ''), undefined)
  else needList(input, 'input').forEach((item, at) => readItem(item, `input.${at}`, { talk, losses }))
  const messages = talk.end()
  return messages.length > 0 ? messages : refuse('input', 'must hold something that can be said in a chat')
}

function readItem (item: JsonValue, path: string, { talk, losses }: Pick<Item, 'talk' | 'losses'>): void {
  const value = needMembers(item, path)
  const type = isAbsent(value['type']) && !isAbsent(value['role']) ? 'message' : needText(value['type'], `${path}.type`)
  if (Object.hasOwn(KINDS, type)) return KINDS[type]?.({ value, path, talk, losses })
  if (OF_HOSTED_TOOLS.has(type)) return losses.add(`${path} (${type})`)
  refuse(`${path}.type`, `is no kind of item that a chat can hold (${type.slice(0, 64)})`)
}

function readMessage ({ value, path, talk, losses }: Item): void {
  const role = needText(value['role'], `${path}.role`)
  if (!ROLES.has(role)) return refuse(`${path}.role`, `must be one of ${[...ROLES].join(', ')}`)
  if (!isAbsent(value['phase'])) losses.add(`${path}.phase`)
  const parts = isAbsent(value['content']) && role === 'assistant' ? [] : readParts(value['content'], `${path}.content`)
  if (role === 'assistant') return talk.answer(parts)
  talk.say(role, parts, readText(value['name'], `${path}.name`))
}

/** What a provider sealed comes back as it was; of a foreign one only the words are left. */
function readReasoning ({ value, path, talk, losses }: Item): void {
  const sealed = readText(value['encrypted_content'], `${path}.encrypted_content`)
  const details = sealed === undefined ? undefined : unseal(sealed)
  if (details) return talk.think(details.some(isSealed) ? { details } : { words: details.map(wordsOf).join('') })
  if (sealed !== undefined && sealed !== '') losses.add(`${path}.encrypted_content`)
  const words = [...textsOf(value['content'], `${path}.content`), ...textsOf(value['summary'], `${path}.summary`)]
  if (words.length > 0) talk.think({ words: words.join('\n\n') })
}

function wordsOf ({ text, summary }: JsonObject): string {
  const words = text ?? summary
  return typeof words === 'string' ? words : ''
}

function textsOf (list: JsonValue | undefined, path: string): string[] {
  if (isAbsent(list)) return []
  return needList(list, path).map((part, at) => needText(asObject(part)?.['text'], `${path}.${at}.text`))
}

function readCall ({ value, path, talk }: Item, input: string): void {
  const id = needText(value['call_id'], `${path}.call_id`)
  const namespace = readText(value['namespace'], `${path}.namespace`)
  talk.call({ id, name: nameInChat(needText(value['name'], `${path}.name`), namespace), input })
}

function readResult ({ value, path, talk }: Item): void {
  talk.result(needText(value['call_id'], `${path}.call_id`), readParts(value['output'], `${path}.output`))
}
