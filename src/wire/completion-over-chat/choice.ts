// What a choice of a chat says, as a choice of a completion.
// https://platform.openai.com/docs/api-reference/completions/object; `reasoning` is OpenRouter's.

import { asObject, JsonError, membersOf, type JsonObject, type JsonValue } from '../../core/json.ts'
import { editMembers, splice, type Edit } from '../../core/json-edit.ts'
import { choicesOf } from '../openai-chat/output.ts'
import { choicePlaces } from '../openai-chat/places.ts'
import { isFilled } from '../openai-chat/shown.ts'

const KIND = 'text_completion'
const OBJECT_OPEN = 0x7b
/** What a model may say that text has no place for. Of a refusal the words are told, and not that they are one. */
const LOST = ['tool_calls', 'function_call', 'refusal', 'audio', 'images', 'annotations']

/** A whole answer or chunk of a chat (JSON) as one of a completion; `value` is what it says. */
export function toldAsText (json: Buffer, value: JsonObject): Buffer {
  const choices = choicesOf(value)
  try {
    const start = json.indexOf(OBJECT_OPEN)
    const edits = editMembers(json, start, new Map([['object', JSON.stringify(KIND)]]))
    for (const place of choicePlaces(json, start, choices)) edits.push(...choiceEdits(json, place.start, place.value))
    return splice(json, edits)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return Buffer.from(JSON.stringify(leastOf(value, choices))) // nested too deeply to be taken apart
  }
}

/** Members of what the choices say that are not told, or not as what they are. */
export function lostIn (value: JsonObject): readonly string[] {
  const said = choicesOf(value).map(saidIn)
  return LOST.filter((name) => said.some((message) => isFilled(message[name])))
}

function choiceEdits (json: Buffer, start: number, choice: JsonObject): Edit[] {
  const told = textChoiceOf(choice)
  const changes = new Map<string, string | undefined>([['message', undefined], ['delta', undefined]])
  for (const [name, value] of Object.entries(told)) changes.set(name, JSON.stringify(value))
  return editMembers(json, start, changes, membersOf(json, start))
}

/** The members that are not the same in both. Log probabilities are of another shape, and were not asked for. */
function textChoiceOf (choice: JsonObject): JsonObject {
  const said = saidIn(choice)
  const reasoning = said['reasoning'] ?? said['reasoning_content']
  return {
    text: textOf(said['content']) || textOf(said['refusal']),
    ...typeof reasoning === 'string' && { reasoning },
    logprobs: null
  }
}

function saidIn (choice: JsonObject): JsonObject {
  return asObject(choice['message']) ?? asObject(choice['delta']) ?? {}
}

/** A text, or the texts of a list of parts (Mistral's reasoning models); anything else says nothing. */
function textOf (content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => asObject(part)?.['text']).filter((text) => typeof text === 'string').join('')
}

function leastOf ({ id, created, model, usage }: JsonObject, choices: readonly JsonObject[]): JsonObject {
  const told = choices.map((choice, at): JsonObject => {
    const { index = at, finish_reason: reason = null } = choice
    return { ...textChoiceOf(choice), index, finish_reason: reason }
  })
  return { id, object: KIND, created, model, choices: told, ...usage !== undefined && { usage } }
}
