// Plain answers of the OpenAI family: read once for usage, spliced for strict clients.
//
// Which nulls must go, and which members must be there, is measured against three clients: @openrouter/sdk,
// @openrouter/ai-sdk-provider and openai. They throw on a null where they expect the member to be absent.

import { asObject, itemsOf, JsonError, membersOf, parseObject, type JsonObject, type Member } from '../../core/json.ts'
import { editMembers, splice, type Edit } from '../../core/json-edit.ts'
import type { Task } from '../../core/ask.ts'
import type { Additions, PlainAnswer } from '../format.ts'
import { vectorEdits } from './embeddings.ts'
import { isFractional } from './repair.ts'

const MESSAGE_NULLS = ['tool_calls', 'reasoning_details', 'images', 'role']
const OBJECT_OPEN = 0x7b
const ARRAY_OPEN = 0x5b

/** Tasks that may answer in plain text: transcripts come as text, srt and vtt too. */
const TEXT_TASKS: readonly Task[] = ['transcription']

/**
 * Undefined: the body is not the JSON object it has to be. Whatever its content type says: a body that was cut short
 * must not pass as text (P6).
 */
export function readAnswer (bytes: Buffer, contentType: string, task: Task): PlainAnswer | undefined {
  if (TEXT_TASKS.includes(task) && !contentType.includes('json')) return { bytes, value: undefined, task }
  const value = parseObject(bytes.toString('utf8'))
  return value && { bytes, value, task }
}

/** The bytes for the client. An answer nested too deeply to be taken apart goes out as it came. */
export function finishAnswer (answer: PlainAnswer, additions: Additions): Buffer {
  try {
    return answer.value === undefined ? answer.bytes : spliced(answer, answer.value, additions)
  } catch (error) {
    if (error instanceof JsonError) return answer.bytes
    throw error
  }
}

function spliced ({ bytes, task }: PlainAnswer, value: JsonObject, additions: Additions): Buffer {
  const start = bytes.indexOf(OBJECT_OPEN)
  const members = membersOf(bytes, start)
  const top = new Map<string, string | undefined>()
  if (isFractional(value['created'])) top.set('created', String(Math.floor(value['created'] as number)))
  if (task === 'chat' && !('system_fingerprint' in value)) top.set('system_fingerprint', 'null')
  if (additions.provider !== undefined && !('provider' in value)) top.set('provider', additions.provider)
  if (additions.xAibroker !== undefined) top.set('x_aibroker', additions.xAibroker)
  const edits = editMembers(bytes, start, top, members)
  const find = (name: string) => members.find((member) => member.name === name)
  if (task === 'chat' && hasWrongMessage(value)) edits.push(...choiceEdits(bytes, find('choices')))
  if (additions.wantsBase64) edits.push(...vectorEdits(bytes, find('data'), value))
  edits.push(...usageEdits(bytes, find('usage'), asObject(value['usage']), additions.cost))
  return splice(bytes, edits)
}

/** Asked of the parsed answer first: most need no change, and then their bytes are not looked at again. */
function hasWrongMessage (value: JsonObject): boolean {
  const { choices } = value
  if (!Array.isArray(choices)) return false
  return choices.some((choice) => {
    const message = asObject(asObject(choice)?.['message'])
    return message !== undefined &&
      (typeof message['role'] !== 'string' || MESSAGE_NULLS.some((name) => message[name] === null))
  })
}

function choiceEdits (bytes: Buffer, choices: Member | undefined): Edit[] {
  if (!choices || bytes[choices.valueStart] !== ARRAY_OPEN) return []
  const edits: Edit[] = []
  for (const { start } of itemsOf(bytes, choices.valueStart)) {
    if (bytes[start] !== OBJECT_OPEN) continue
    const message = membersOf(bytes, start).find((member) => member.name === 'message')
    if (!message || bytes[message.valueStart] !== OBJECT_OPEN) continue
    edits.push(...messageEdits(bytes, message.valueStart))
  }
  return edits
}

function messageEdits (bytes: Buffer, start: number): Edit[] {
  const members = membersOf(bytes, start)
  const changes = new Map<string, string | undefined>()
  for (const name of MESSAGE_NULLS) {
    const member = members.find((member) => member.name === name)
    if (member && isNull(bytes, member)) changes.set(name, undefined)
  }
  if (changes.has('role') || !members.some((member) => member.name === 'role')) changes.set('role', '"assistant"')
  return editMembers(bytes, start, changes, members)
}

/** Details whose integer the clients insist on once the object is there. */
const DETAIL_COUNTS = {
  prompt_tokens_details: 'cached_tokens',
  completion_tokens_details: 'reasoning_tokens'
} as const

/** Splices for a usage object: the cost, and integers where strict clients expect them. */
export function usageEdits (
  bytes: Buffer, usage: Member | undefined, value: JsonObject | undefined, cost: string | undefined
): Edit[] {
  if (!usage || !value || bytes[usage.valueStart] !== OBJECT_OPEN) return []
  const at = usage.valueStart + 1
  if (isWhole(value)) return cost === undefined ? [] : [{ start: at, end: at, text: `"cost":${cost},` }]
  const members = membersOf(bytes, usage.valueStart)
  const changes = new Map<string, string | undefined>()
  if (typeof value['cost'] !== 'number' && (cost !== undefined || value['cost'] === null)) changes.set('cost', cost)
  const edits = Object.entries(DETAIL_COUNTS).flatMap(([name, count]) => {
    const details = members.find((member) => member.name === name)
    if (!details || typeof asObject(value[name])?.[count] === 'number') return []
    if (!isNull(bytes, details)) return editMembers(bytes, details.valueStart, new Map([[count, '0']]))
    changes.set(name, undefined)
    return []
  })
  return [...edits, ...editMembers(bytes, usage.valueStart, changes, members)]
}

/** Nothing to repair, and something to stand behind the cost: it can be put in front without looking further. */
function isWhole (usage: JsonObject): boolean {
  if (usage['cost'] !== undefined || usage['prompt_tokens'] === undefined) return false
  for (const name in DETAIL_COUNTS) {
    const details = usage[name]
    const count = DETAIL_COUNTS[name as keyof typeof DETAIL_COUNTS]
    if (details !== undefined && typeof asObject(details)?.[count] !== 'number') return false
  }
  return true
}

function isNull (bytes: Buffer, member: Member): boolean {
  return bytes[member.valueStart] === 0x6e
}
