// The usage object as strict clients read it: a cost that is a number, integers where they expect them, and no null.
// Measured against @openrouter/sdk and @openrouter/ai-sdk-provider, which throw otherwise.

import { asObject, membersOf, type JsonObject, type JsonValue, type Member } from '../../core/json.ts'
import { editMembers, type Edit } from '../../core/json-edit.ts'

const OBJECT_OPEN = 0x7b
/** Details of which clients want one count at least; 0 where the provider has none to tell. */
const DETAILS: ReadonlyArray<readonly [name: string, count: string]> = [
  ['prompt_tokens_details', 'cached_tokens'],
  ['completion_tokens_details', 'reasoning_tokens']
]
/** OpenRouter's parts of a cost; its clients read both of them or no `cost_details`. */
const COST_PARTS = ['upstream_inference_prompt_cost', 'upstream_inference_completions_cost']

/**
 * Whether clients can read the counts of a chat. If not, they are not known, and the whole object has to go: clients
 * take an absent one, and a number in its place would be invented (P5).
 */
export function isReadable ({ prompt_tokens: input, completion_tokens: output }: JsonObject): boolean {
  return Number.isInteger(input) && Number.isInteger(output)
}

/** `value` is what the member `usage` of `bytes` says, `cost` a decimal number of USD. */
export function usageEdits (
  bytes: Buffer, usage: Member | undefined, value: JsonObject | undefined, cost: string | undefined
): Edit[] {
  if (!usage || !value || bytes[usage.valueStart] !== OBJECT_OPEN) return []
  const missing = missingIn(value, cost)
  if (missing === undefined) return repairs(bytes, usage.valueStart, { value, cost })
  const at = usage.valueStart + 1
  return missing === '' ? [] : [{ start: at, end: at, text: missing }]
}

/**
 * The members to put in front, each with its comma, when that is all there is to do: the members need not be found
 * then. Undefined: something is to be changed, or nothing would stand behind.
 */
function missingIn (usage: JsonObject, cost: string | undefined): string | undefined {
  const { cost: told, cost_details: parts, total_tokens: total } = usage
  if (told !== undefined || parts !== undefined || usage['prompt_tokens'] === undefined) return undefined
  const isChat = isReadable(usage)
  if (isChat && !Number.isInteger(total)) return undefined
  if (DETAILS.some(([name, count]) => usage[name] !== undefined && !isWhole(usage[name], count))) return undefined
  const absent = isChat ? DETAILS.filter(([name]) => usage[name] === undefined) : []
  return (cost === undefined ? '' : `"cost":${cost},`) + absent.map(([name, count]) => `"${name}":{"${count}":0},`).join('')
}

function isWhole (details: JsonValue | undefined, count: string): boolean {
  const counts = asObject(details)
  if (counts === undefined || typeof counts[count] !== 'number') return false
  for (const name in counts) if (counts[name] === null) return false
  return true
}

function repairs (
  bytes: Buffer, start: number, { value, cost }: { readonly value: JsonObject, readonly cost: string | undefined }
): Edit[] {
  const members = membersOf(bytes, start)
  const changes = topChanges(value, cost)
  const edits: Edit[] = []
  for (const [name, count] of DETAILS) {
    const details = members.find((member) => member.name === name)
    if (details && bytes[details.valueStart] === OBJECT_OPEN) edits.push(...detailEdits(bytes, details, count))
    else if (details || isReadable(value)) changes.set(name, `{"${count}":0}`)
  }
  return [...edits, ...editMembers(bytes, start, changes, members)]
}

function topChanges (usage: JsonObject, cost: string | undefined): Map<string, string | undefined> {
  const { cost: told, total_tokens: total, prompt_tokens: input, completion_tokens: output } = usage
  const changes = new Map<string, string | undefined>()
  if (typeof told !== 'number' && (cost !== undefined || told === null)) changes.set('cost', cost)
  if (!hasParts(usage['cost_details'])) changes.set('cost_details', undefined)
  if (isReadable(usage) && !Number.isInteger(total)) changes.set('total_tokens', String(Number(input) + Number(output)))
  return changes
}

/** No count is null, and the one that clients look for is there. */
function detailEdits (bytes: Buffer, details: Member, count: string): Edit[] {
  const members = membersOf(bytes, details.valueStart)
  const changes = new Map<string, string | undefined>()
  for (const { name, valueStart } of members) {
    if (bytes[valueStart] === 0x6e) changes.set(name, name === count ? '0' : undefined)
  }
  if (!members.some(({ name }) => name === count)) changes.set(count, '0')
  return editMembers(bytes, details.valueStart, changes, members)
}

function hasParts (details: JsonValue | undefined): boolean {
  const parts = asObject(details)
  return parts !== undefined && COST_PARTS.every((name) => typeof parts[name] === 'number')
}
