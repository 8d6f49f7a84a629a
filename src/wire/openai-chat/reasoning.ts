// Reasoning under OpenRouter's names: `reasoning`, and one item of `reasoning_details`, beside the `reasoning_content`
// of DeepSeek and vLLM, whose own clients read that. What is native passes; what the client does not want goes.
// https://openrouter.ai/docs/use-cases/reasoning-tokens and https://api-docs.deepseek.com/guides/reasoning_model

import { asObject, membersOf, type JsonObject } from '../../core/json.ts'
import { editMembers, type Edit } from '../../core/json-edit.ts'
import { choicePlaces, objectIn, onlyMember } from './places.ts'
import { isFilled } from './shown.ts'

/** Where a choice holds what was said. */
export type Holder = 'delta' | 'message'

const FOREIGN = 'reasoning_content'
const OURS = ['reasoning', 'reasoning_details']
const ALL = [FOREIGN, ...OURS]

/** Whether a choice has to be changed: it tells its reasoning under the other name only, or should not tell it. */
export function needsReasoningEdit (choices: readonly JsonObject[], holder: Holder, isHidden: boolean): boolean {
  return choices.some((choice) => {
    const said = asObject(choice[holder])
    if (said === undefined) return false
    return isHidden ? ALL.some((name) => said[name] !== undefined) : isForeign(said)
  })
}

/** Whether the provider has the other name at all, be it empty: its first chunk tells. */
export function namesForeignReasoning (choices: readonly JsonObject[]): boolean {
  return choices.some((choice) => asObject(choice['delta'])?.[FOREIGN] !== undefined)
}

function isForeign (said: JsonObject): boolean {
  const told = said[FOREIGN]
  return typeof told === 'string' && told !== '' && !OURS.some((name) => isFilled(said[name]))
}

export interface ReasoningPlace {
  /** The brace of the answer or chunk. */
  readonly start: number
  readonly holder: Holder
  readonly isHidden: boolean
}

export function reasoningEdits (
  json: Buffer, choices: readonly JsonObject[], { start, holder, isHidden }: ReasoningPlace
): Edit[] {
  const said = choices.length === 1 ? asObject(choices[0]?.[holder]) : undefined
  const only = !isHidden && said && OURS.every((name) => !(name in said)) ? onlyMember(json, FOREIGN) : undefined
  if (only) {
    const { nameStart: at, valueStart, valueEnd } = only
    return [{ start: at, end: at, text: `${membersText(json.toString('utf8', valueStart, valueEnd))},` }]
  }
  return choicePlaces(json, start, choices).flatMap(({ start, value }) => {
    const at = objectIn(json, start, holder)
    return at === undefined ? [] : holderEdits(json, at, isHidden || asObject(value[holder]))
  })
}

/** `said` true: nothing of it is wanted. */
function holderEdits (json: Buffer, start: number, said: JsonObject | true | undefined): Edit[] {
  const members = membersOf(json, start)
  if (said === true) return editMembers(json, start, new Map(ALL.map((name) => [name, undefined])), members)
  const told = members.find(({ name }) => name === FOREIGN)
  if (!told || !said || !isForeign(said)) return []
  const text = json.toString('utf8', told.valueStart, told.valueEnd)
  return editMembers(json, start, new Map([['reasoning', text], ['reasoning_details', detailsOf(text)]]), members)
}

/** `text` is JSON. */
function membersText (text: string): string {
  return `"reasoning":${text},"reasoning_details":${detailsOf(text)}`
}

function detailsOf (text: string): string {
  return `[{"type":"reasoning.text","text":${text},"format":"unknown","index":0}]`
}
