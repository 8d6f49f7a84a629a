// What a response repeats of its request: strict clients expect all of these members, null where nothing was said.
// https://platform.openai.com/docs/api-reference/responses/object

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { isAbsent } from './fields.ts'

/** As JSON. A stream tells its response three times; longer instructions and tools are not repeated. */
const LONGEST_ECHO = 512 * 1024

/** Members that are there whenever they were said. */
const WHERE_SAID = ['prompt_cache_key', 'safety_identifier', 'top_logprobs', 'prompt_cache_options']
/** Members with what they are where they were not said. */
const USUAL: JsonObject = {
  temperature: null,
  top_p: null,
  presence_penalty: null,
  frequency_penalty: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: null,
  user: null,
  instructions: null,
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: null,
  truncation: 'disabled'
}
/** What is the same in each answer of a broker that keeps none. */
const STATELESS: JsonObject = { previous_response_id: null, background: false, store: false }

/** The body has been read. */
export function echoOf (body: JsonObject): JsonObject {
  const echo: JsonObject = {}
  for (const name in USUAL) echo[name] = body[name] ?? USUAL[name]
  for (const name of WHERE_SAID) if (!isAbsent(body[name])) echo[name] = body[name]
  const { instructions = null, tools = null, text } = body
  const isShort = JSON.stringify([instructions, tools]).length <= LONGEST_ECHO
  return {
    ...echo,
    ...!isShort && { instructions: null },
    tools: isShort && Array.isArray(tools) ? tools.map(toolOf) : [],
    text: { format: { type: 'text' }, ...asObject(text) },
    ...STATELESS
  }
}

function toolOf (tool: JsonValue): JsonValue {
  const told = asObject(tool) ?? {}
  return told['type'] === 'function' ? { parameters: null, strict: null, ...told } : tool
}
