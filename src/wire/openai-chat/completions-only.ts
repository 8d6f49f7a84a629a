// What of a legacy completion only an endpoint for completions can serve. The rest of it one message of a chat says.
// https://platform.openai.com/docs/api-reference/completions/create

import { NOT_ONE_TEXT, type Task } from '../../core/ask.ts'
import type { JsonObject, JsonValue } from '../../core/json.ts'

/** Members that change what is answered, and whether a value of theirs does. */
const NEEDS: ReadonlyArray<readonly [name: string, isOn: (value: JsonValue | undefined) => boolean]> = [
  // Some clients of OpenRouter send a chat here: it is one already, and nobody knows what the prompt beside it is for.
  ['messages', Array.isArray],
  ['suffix', (value) => value !== '' && isSet(value)],
  ['echo', (value) => value !== false && isSet(value)],
  // 0 asks for the probabilities of the chosen tokens.
  ['logprobs', (value) => value !== false && isSet(value)],
  ['best_of', (value) => typeof value === 'number' && value > 1]
]

/** In words; undefined: nothing, or it is no completion. */
export function needsCompletionsOf (value: JsonObject, task: Task): string | undefined {
  if (task !== 'completion') return undefined
  const needed = NEEDS.find(([name, isOn]) => isOn(value[name]))
  if (needed) return needed[0]
  return onlyTextOf(value) === undefined ? NOT_ONE_TEXT : undefined
}

/** Members that a chat does not take: those above, which say nothing where a completion can be told as one. */
export const COMPLETION_MEMBERS: readonly string[] = ['prompt', ...NEEDS.map(([name]) => name)]

/** The prompt, where it is one text. */
export function onlyTextOf ({ prompt }: JsonObject): string | undefined {
  const only = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt
  return typeof only === 'string' ? only : undefined
}

function isSet (value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null
}
