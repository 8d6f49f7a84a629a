// The plugin `response-healing`: the content of a plain answer that should be JSON, and is only nearly.
// https://openrouter.ai/docs/guides/features/plugins/response-healing

import { JsonError, membersOf, parseObject } from '../../core/json.ts'
import { editMembers, splice } from '../../core/json-edit.ts'
import type { PlainAnswer } from '../format.ts'
import { mendJson } from '../json-mend.ts'
import { choicesOf } from './output.ts'
import { choicePlaces, objectIn } from './places.ts'

/** Cut off at a limit: what is missing is not only brackets. */
const CUT_OFF = new Set<unknown>(['length', 'max_tokens'])
const OBJECT_OPEN = 0x7b

/** The same answer when there is nothing to heal, or nothing can be. */
export function healAnswer (answer: PlainAnswer): PlainAnswer {
  if (answer.value === undefined) return answer
  try {
    const { bytes } = answer
    const places = choicePlaces(bytes, bytes.indexOf(OBJECT_OPEN), choicesOf(answer.value))
    const edits = places.flatMap(({ start, value }) => CUT_OFF.has(value['finish_reason']) ? [] : healed(bytes, start))
    if (edits.length === 0) return answer
    const whole = splice(bytes, edits)
    return { ...answer, bytes: whole, value: parseObject(whole.toString('utf8')) ?? answer.value }
  } catch (error) {
    if (error instanceof JsonError) return answer // nested too deeply to be taken apart
    throw error
  }
}

function healed (bytes: Buffer, choice: number) {
  const message = objectIn(bytes, choice, 'message')
  if (message === undefined) return []
  const members = membersOf(bytes, message)
  const member = members.find(({ name }) => name === 'content')
  const content: unknown = member && JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd))
  if (typeof content !== 'string' || content === '') return []
  const mended = mendJson(content)
  if (mended === undefined || mended === content) return []
  return editMembers(bytes, message, new Map([['content', JSON.stringify(mended)]]), members)
}
