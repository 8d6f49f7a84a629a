// One chunk of a stream as OpenRouter's clients expect it: who serves (first chunk), why it ended (last one), the
// reasoning under their names, and no usage beside choices, because that goes out last and alone.

import { JsonError, type JsonObject } from '../../core/json.ts'
import { editMembers, splice, type Edit } from '../../core/json-edit.ts'
import { withJson } from '../sse.ts'
import { finishEdits, isReason } from './finish-reason.ts'
import { choicesOf } from './output.ts'
import { needsReasoningEdit, reasoningEdits } from './reasoning.ts'

export interface ChunkWishes {
  /** JSON text of the name to put in; undefined: none. */
  readonly provider: string | undefined
  /** The chunk's usage goes out elsewhere. */
  readonly movesUsage: boolean
  /** The provider told reasoning under the other name, or the client wants none. */
  readonly mayReason: boolean
  readonly hidesReasoning: boolean
}

/** The event (latin1) with what is wished for; most chunks need nothing and come back as they are. */
export function inDialect (event: string, chunk: JsonObject, wishes: ChunkWishes): string {
  const choices = choicesOf(chunk)
  const isReasoning = wishes.mayReason && needsReasoningEdit(choices, 'delta', wishes.hidesReasoning)
  const ends = choices.some((choice) => isReason(choice['finish_reason']))
  if (!ends && !isReasoning && !wishes.movesUsage && wishes.provider === undefined) return event
  return withEdits(event, (json) => {
    const edits = ends ? finishEdits(json, 0, choices) : []
    if (isReasoning) {
      edits.push(...reasoningEdits(json, choices, { start: 0, holder: 'delta', isHidden: wishes.hidesReasoning }))
    }
    if (wishes.movesUsage) edits.push(...editMembers(json, 0, new Map([['usage', undefined]])))
    if (wishes.provider !== undefined) edits.push({ start: 1, end: 1, text: `"provider":${wishes.provider},` })
    return edits
  })
}

/** An event nested too deeply to be taken apart stays as it came. */
export function withEdits (event: string, editsOf: (json: Buffer) => Edit[]): string {
  try {
    return withJson(event, (json) => splice(json, editsOf(json)))
  } catch (error) {
    if (error instanceof JsonError) return event
    throw error
  }
}
