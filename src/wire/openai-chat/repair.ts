// What strict clients miss in a chunk, put in: whose it is, the index of a choice or tool call, `finish_reason`.
// Measured against @openrouter/sdk, which throws without them. Only for providers whose chunks lack them.

import { asObject, itemsOf, membersOf, type JsonObject } from '../../core/json.ts'
import { editMembers, splice, type Edit, type MemberChanges } from '../../core/json-edit.ts'
import { addIdentity, lacksIdentity, type IdentityOf } from './identity.ts'

const OBJECT_OPEN = 0x7b

/** Some servers say '' until there is one; clients look for null. */
function isReasonMissing ({ finish_reason: reason }: JsonObject): boolean {
  return reason === undefined || reason === ''
}

function lacksIndex (choice: JsonObject): boolean {
  return callsOf(choice).some((call) => typeof call['index'] !== 'number')
}

/** One per stream: an index a provider leaves out is known by the ids of the calls before. */
export class ChunkRepair {
  readonly #ids = new Map<number, unknown[]>()
  readonly #identity: IdentityOf

  constructor (identity: IdentityOf) {
    this.#identity = identity
  }

  /** Whether a chunk lacks anything; a provider's first chunk speaks for its others. */
  isNeeded (chunk: JsonObject): boolean {
    return lacksIdentity(chunk, this.#identity) || choicesOf(chunk).some((choice) =>
      typeof choice['index'] !== 'number' || isReasonMissing(choice) || lacksIndex(choice))
  }

  /** The chunk with what it lacks; `json` are its bytes, `chunk` what they say. */
  apply (json: Buffer, chunk: JsonObject): Buffer {
    const members = membersOf(json, 0)
    const top = new Map<string, string | undefined>()
    addIdentity(top, chunk, this.#identity)
    const edits = editMembers(json, 0, top, members)
    const choices = members.find(({ name }) => name === 'choices')
    if (!choices || !Array.isArray(chunk['choices'])) return splice(json, edits)
    const parsed = choicesOf(chunk)
    itemsOf(json, choices.valueStart).forEach(({ start }, position) => {
      const choice = parsed[position]
      if (choice && json[start] === OBJECT_OPEN) edits.push(...this.#choiceEdits(json, start, { choice, position }))
    })
    return splice(json, edits)
  }

  #choiceEdits (json: Buffer, start: number, { choice, position }: { choice: JsonObject, position: number }): Edit[] {
    const changes = new Map<string, string>()
    if (typeof choice['index'] !== 'number') changes.set('index', String(position))
    if (isReasonMissing(choice)) changes.set('finish_reason', 'null')
    const index = typeof choice['index'] === 'number' ? choice['index'] : position
    return [...editMembers(json, start, changes), ...this.#callEdits(json, start, { choice, index })]
  }

  #callEdits (json: Buffer, start: number, { choice, index }: { choice: JsonObject, index: number }): Edit[] {
    const calls = callsOf(choice)
    if (calls.length === 0) return []
    const delta = membersOf(json, start).find(({ name }) => name === 'delta')
    const list = delta && membersOf(json, delta.valueStart).find(({ name }) => name === 'tool_calls')
    if (!list) return []
    return itemsOf(json, list.valueStart).flatMap((item, at) => {
      const call = calls[at]
      const place = call && this.#placeOf(index, call)
      if (!call || typeof call['index'] === 'number') return []
      const changes: MemberChanges = new Map([['index', String(place)]])
      return editMembers(json, item.start, changes)
    })
  }

  /** A new id is the next call of its choice; without one it is a piece of the last. */
  #placeOf (choice: number, { id }: JsonObject): number {
    const ids = this.#ids.get(choice) ?? []
    this.#ids.set(choice, ids)
    if (typeof id === 'string' && !ids.includes(id)) ids.push(id)
    return typeof id === 'string' ? ids.indexOf(id) : Math.max(0, ids.length - 1)
  }
}

function choicesOf ({ choices }: JsonObject): JsonObject[] {
  return Array.isArray(choices) ? choices.map((choice) => asObject(choice) ?? {}) : []
}

function callsOf (choice: JsonObject): JsonObject[] {
  const calls = asObject(choice['delta'])?.['tool_calls']
  return Array.isArray(calls) ? calls.map((call) => asObject(call) ?? {}) : []
}
