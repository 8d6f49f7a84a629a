// Asking a backend to write on behind the text a client has got, and when that is not sound.
//
// DESIGN. The body stays the client's own but for one member: the text shown stands behind its messages as the
// beginning of the answer. No words are put into anybody's mouth (a "please continue" is answered, not obeyed).
//
// - The output limit stays: how many tokens the text shown was, nobody told. An answer can so get longer than asked
//   for by what was shown before the cut.
// - The text goes as it was shown, with its spaces. A server that drops a space at the seam shows the words run
//   together; nothing is invented to mend that. One that refuses a space at the end says so before anything is shown.

import { asObject, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Continuation } from '../format.ts'
import { isFilled } from './shown.ts'

/** From here on a text that begins with what was shown repeats it; shorter ones come twice in real texts. */
export const SHORTEST_REPETITION = 16

/**
 * The least text each way is used for. Mistral repeats the prefix in its answer (https://github.com/vercel/ai/pull/3256)
 * and llama.cpp did at times, so a text too short to be recognised is asked for again instead. vLLM repeats it only
 * when told to (`echo`).
 */
const LEAST_TEXT: { readonly [how in Continuation]: number } = {
  assistant_last: SHORTEST_REPETITION,
  prefix_flag: SHORTEST_REPETITION,
  continue_final_message: 1
}

/** https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, extra parameters of the chat API. */
const SWITCHES: ReadonlyArray<readonly [name: string, json: string]> = [
  ['continue_final_message', 'true'],
  ['add_generation_prompt', 'false']
]

/**
 * Members that hold the output to a grammar (OpenAI, vLLM, llama.cpp). Servers begin it anew with the first token they
 * write, so what they write behind half of a JSON text is a second whole one.
 */
const GRAMMARS = [
  'guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'structured_outputs', 'json_schema', 'grammar'
]
const HALF_CHARACTER = /\p{Surrogate}/u

/** Undefined: not sound for this body, this text or this way; it can only be asked for again. */
export function continuationOf (
  body: JsonBody, text: string, how: Continuation
): Map<string, string | undefined> | undefined {
  if (text.length < LEAST_TEXT[how] || HALF_CHARACTER.test(text)) return undefined
  if (hasGrammar(body.value) || hidesThoughts(body.value) || mayEndInStop(text, body.value['stop'])) return undefined
  return Array.isArray(body.value['messages']) ? messagesWith(body, text, how) : promptWith(body, text)
}

function hasGrammar (value: JsonObject): boolean {
  const format = asObject(value['response_format'])
  return (format !== undefined && format['type'] !== 'text') || GRAMMARS.some((name) => isFilled(value[name]))
}

/** A model that starts a turn of its own behind the text gives itself away by thinking first: that has to be seen. */
function hidesThoughts (value: JsonObject): boolean {
  return value['include_reasoning'] === false || value['reasoning_format'] === 'hidden' ||
    asObject(value['reasoning'])?.['exclude'] === true
}

/** A stop sequence that began in the text shown would not be seen by the next server, and its end would be shown. */
function mayEndInStop (text: string, stop: JsonValue | undefined): boolean {
  return [stop].flat().some((sequence) => {
    if (typeof sequence !== 'string') return false
    for (let length = 1; length < sequence.length; length++) {
      if (text.endsWith(sequence.slice(0, length))) return true
    }
    return false
  })
}

/**
 * An answer the client itself began stays its own: two assistant messages in a row are read in many ways. With `echo`
 * vLLM puts the text shown in front of the new one: one that is too short to be recognised would be shown twice.
 */
function messagesWith (body: JsonBody, text: string, how: Continuation) {
  if (body.value['echo'] === true && text.length < SHORTEST_REPETITION) return undefined
  const last = (body.value['messages'] as JsonValue[]).at(-1)
  const own = textOf(body, 'messages')
  if (last === undefined || asObject(last)?.['role'] === 'assistant' || own === undefined) return undefined
  const message = { role: 'assistant', content: text, ...how === 'prefix_flag' && { prefix: true } }
  const changes = new Map<string, string | undefined>([
    ['messages', `${own.slice(0, -1)},${JSON.stringify(message)}]`]
  ])
  if (how === 'continue_final_message') for (const [name, json] of SWITCHES) changes.set(name, json)
  return changes
}

/** Legacy completions write on behind any text. With `echo` the text shown has the prompt in it. */
function promptWith (body: JsonBody, text: string): Map<string, string | undefined> | undefined {
  const own = textOf(body, 'prompt')
  if (own === undefined || typeof body.value['prompt'] !== 'string' || body.value['echo'] === true) return undefined
  return new Map([['prompt', `${own.slice(0, -1)}${JSON.stringify(text).slice(1)}`]])
}

/** The client's own bytes of a member. */
function textOf ({ bytes, members }: JsonBody, name: string): string | undefined {
  const member = members.find((each) => each.name === name)
  return member && bytes.toString('utf8', member.valueStart, member.valueEnd)
}
