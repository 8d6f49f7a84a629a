// Plain answers of the OpenAI family: read once for usage, spliced for strict clients.
//
// Which nulls must go, and which members must be there, is measured against three clients: @openrouter/sdk,
// @openrouter/ai-sdk-provider and openai. They throw on a null where they expect the member to be absent.

import { asObject, JsonError, membersOf, parseObject, type JsonObject } from '../../core/json.ts'
import { editMembers, splice, type Edit } from '../../core/json-edit.ts'
import type { Task } from '../../core/ask.ts'
import type { Additions, PlainAnswer } from '../format.ts'
import { vectorEdits } from './embeddings.ts'
import { finishEdits, isReason } from './finish-reason.ts'
import { choicesOf } from './output.ts'
import { addIdentity, lacksIdentity, type IdentityOf } from './identity.ts'
import { choicePlaces, objectIn } from './places.ts'
import { addRankingNames, rankingEdits } from './ranking.ts'
import { needsReasoningEdit, reasoningEdits, type ReasoningPlace } from './reasoning.ts'
import { callEdits, hasLooseCalls } from './tool-calls.ts'
import { isReadable, usageEdits } from './usage-edits.ts'

const MESSAGE_NULLS = ['tool_calls', 'reasoning_details', 'images', 'audio', 'role']
const OBJECT_OPEN = 0x7b
const NULL_START = 0x6e

/** Tasks that may answer in plain text: transcripts come as text, srt and vtt too. */
const TEXT_TASKS: readonly Task[] = ['transcription']
const WRITES_TEXT: ReadonlySet<Task> = new Set(['chat', 'completion'])
/** Tasks whose answers get a usage where they have none and it is known. */
const TELLS_USAGE: ReadonlySet<Task> = new Set(['chat', 'completion', 'rerank'])

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

function spliced ({ bytes: theirs, task }: PlainAnswer, value: JsonObject, additions: Additions): Buffer {
  const isText = WRITES_TEXT.has(task)
  const choices = isText ? choicesOf(value) : []
  const bytes = task === 'chat' ? repaired(theirs, choices) : theirs
  const start = bytes.indexOf(OBJECT_OPEN)
  const members = membersOf(bytes, start)
  const edits = editMembers(bytes, start, topChanges(value, task, additions), members)
  const find = (name: string) => members.find((member) => member.name === name)
  if (isText) edits.push(...choiceEdits(bytes, choices, { start, holder: 'message', isHidden: additions.hidesReasoning === true }))
  if (additions.wantsBase64) edits.push(...vectorEdits(bytes, find('data'), value))
  if (additions.asked) edits.push(...rankingEdits(bytes, find('results'), additions.asked))
  const usage = asObject(value['usage'])
  if (usage && !isUnreadable(usage, task)) edits.push(...usageEdits(bytes, find('usage'), usage, additions.cost))
  return splice(bytes, edits)
}

function topChanges (value: JsonObject, task: Task, additions: Additions): Map<string, string | undefined> {
  const top = new Map<string, string | undefined>()
  addNames(top, value, { task, part: 'answer', identity: additions.identity })
  if (task === 'chat' && !('system_fingerprint' in value)) top.set('system_fingerprint', 'null')
  if (additions.provider !== undefined && !('provider' in value)) top.set('provider', additions.provider)
  if (additions.xAibroker !== undefined) top.set('x_aibroker', additions.xAibroker)
  if (additions.metadata !== undefined) top.set('openrouter_metadata', additions.metadata)
  const usage = asObject(value['usage'])
  if (usage ? isUnreadable(usage, task) : TELLS_USAGE.has(task)) top.set('usage', additions.usage)
  return top
}

function addNames (top: Map<string, string | undefined>, value: JsonObject, identity: IdentityOf): void {
  if (lacksIdentity(value, identity)) addIdentity(top, value, identity)
  if (identity.task === 'rerank') addRankingNames(top, value, identity.identity)
}

function isUnreadable (usage: JsonObject, task: Task): boolean {
  return WRITES_TEXT.has(task) && !isReadable(usage)
}

/** Most need one word put in, and then their choices are not walked through. */
function choiceEdits (bytes: Buffer, choices: readonly JsonObject[], place: ReasoningPlace): Edit[] {
  const edits = finishEdits(bytes, place.start, choices)
  if (needsReasoningEdit(choices, place.holder, place.isHidden)) edits.push(...reasoningEdits(bytes, choices, place))
  return edits
}

/** Asked of the parsed answer first: nearly all are whole, and their bytes are not looked at. */
function repaired (bytes: Buffer, choices: readonly JsonObject[]): Buffer {
  if (!choices.some(isLacking)) return bytes
  const places = choicePlaces(bytes, bytes.indexOf(OBJECT_OPEN), choices)
  return splice(bytes, places.flatMap(({ start, value }, at) => {
    const changes = new Map<string, string>()
    if (typeof value['index'] !== 'number') changes.set('index', String(at))
    if (!hasReason(value)) changes.set('finish_reason', 'null')
    return [...messageEdits(bytes, start, value), ...editMembers(bytes, start, changes)]
  }))
}

function isLacking (choice: JsonObject): boolean {
  if (typeof choice['index'] !== 'number' || !hasReason(choice)) return true
  const message = asObject(choice['message'])
  return message !== undefined &&
    (typeof message['role'] !== 'string' || hasLooseCalls(message) || MESSAGE_NULLS.some((name) => message[name] === null))
}

/** Null is one as well: there is none to tell. */
function hasReason ({ finish_reason: reason }: JsonObject): boolean {
  return reason === null || isReason(reason)
}

/** Of the choice whose brace is at `start`. */
function messageEdits (bytes: Buffer, start: number, choice: JsonObject): Edit[] {
  const at = objectIn(bytes, start, 'message')
  if (at === undefined) return []
  const members = membersOf(bytes, at)
  const changes = new Map<string, string | undefined>()
  for (const { name, valueStart } of members) {
    if (MESSAGE_NULLS.includes(name) && bytes[valueStart] === NULL_START) changes.set(name, undefined)
  }
  if (changes.has('role') || !members.some((member) => member.name === 'role')) changes.set('role', '"assistant"')
  const calls = callEdits(bytes, at, asObject(choice['message']) ?? {})
  return [...calls, ...editMembers(bytes, at, changes, members)]
}
