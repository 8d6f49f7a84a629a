// Tool calls of a plain answer as clients parse them: each says its type, and its arguments are a string of JSON.

import { asObject, itemsOf, membersOf, type JsonObject } from '../../core/json.ts'
import { editMembers, type Edit } from '../../core/json-edit.ts'

const NO_ARGUMENTS = '"{}"'

/** Whether a client would miss something in the calls of this message. */
export function hasLooseCalls (message: JsonObject): boolean {
  return callsOf(message).some((call) => {
    const { type, function: called } = call
    return typeof type !== 'string' || (asObject(called) !== undefined && typeof asObject(called)?.['arguments'] !== 'string')
  })
}

/** Of the message whose brace is at `start`. Arguments that came as an object keep their spelling inside the string. */
export function callEdits (bytes: Buffer, start: number, message: JsonObject): Edit[] {
  const list = membersOf(bytes, start).find(({ name }) => name === 'tool_calls')
  if (!list || !hasLooseCalls(message)) return []
  const calls = callsOf(message)
  return itemsOf(bytes, list.valueStart).flatMap((item, at) => {
    const call = calls[at]
    if (!call || !asObject(call['function'])) return []
    const type = typeof call['type'] === 'string' ? [] : editMembers(bytes, item.start, new Map([['type', '"function"']]))
    return [...type, ...argumentEdits(bytes, item.start)]
  })
}

function argumentEdits (bytes: Buffer, call: number): Edit[] {
  const called = membersOf(bytes, call).find(({ name }) => name === 'function')
  if (!called) return []
  const members = membersOf(bytes, called.valueStart)
  const told = members.find(({ name }) => name === 'arguments')
  const text = told && bytes.toString('utf8', told.valueStart, told.valueEnd)
  if (text?.startsWith('"')) return []
  const changed = text === undefined || text === 'null' ? NO_ARGUMENTS : JSON.stringify(text)
  return editMembers(bytes, called.valueStart, new Map([['arguments', changed]]), members)
}

/** A call that is no object holds the place of one. */
function callsOf ({ tool_calls: calls }: JsonObject): JsonObject[] {
  return Array.isArray(calls) ? calls.map((call) => asObject(call) ?? {}) : []
}
