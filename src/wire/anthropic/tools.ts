// Tools of a request: those the client runs become functions, those that Anthropic runs have nobody here.
// https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview

import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Losses } from './losses.ts'
import { isTold, readList, readObject, readOne, readOptionalText, readText, refuse } from './values.ts'

const NO_PARAMETERS = { type: 'object', properties: {} }
/** Members of a tool that a function has under some name, or that say nothing to it. */
const READ: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'])
/** OpenRouter's own, which its backend takes as they are. */
const OF_OPENROUTER = 'openrouter:'

/** @throws GatewayError `invalid_body` */
export function toolsOf ({ tools }: JsonObject, losses: Losses): JsonObject[] | undefined {
  if (!isTold(tools)) return undefined
  const told = readList(tools, 'tools').map((tool, at) => toolOf(readObject(tool, `tools.${at}`), `tools.${at}`, losses))
  return told.length > 0 ? told : undefined
}

function toolOf (tool: JsonObject, path: string, losses: Losses): JsonObject {
  const { type, cache_control: cacheControl } = tool
  if (typeof type === 'string' && type.startsWith(OF_OPENROUTER)) return tool
  if (isTold(type) && type !== 'custom') refuse(`${path}.type`, refusalOf(type))
  for (const name in tool) if (!READ.has(name)) losses.add(`tools.${name}`)
  return { type: 'function', function: functionOf(tool, path), ...isTold(cacheControl) && { cache_control: cacheControl } }
}

function functionOf ({ name, description: told, input_schema: schema, strict }: JsonObject, path: string): JsonObject {
  const description = readOptionalText(told, `${path}.description`)
  return {
    name: readText(name, `${path}.name`),
    ...description !== undefined && { description },
    parameters: isTold(schema) ? readObject(schema, `${path}.input_schema`) : NO_PARAMETERS,
    ...typeof strict === 'boolean' && { strict }
  }
}

function refusalOf (type: JsonValue): string {
  return `"${String(type).slice(0, 60)}" is a tool that only Anthropic has; send tools with an input_schema`
}

/** `tool_choice` and whether several calls may be made at once. @throws GatewayError `invalid_body` */
export function toolChoiceOf ({ tool_choice: choice }: JsonObject): JsonObject {
  if (!isTold(choice)) return {}
  const told = readObject(choice, 'tool_choice')
  const isOneByOne = told['disable_parallel_tool_use'] === true
  return { tool_choice: choiceOf(told), ...isOneByOne && { parallel_tool_calls: false } }
}

function choiceOf (told: JsonObject): JsonValue {
  switch (readOne(told['type'], 'tool_choice.type', ['auto', 'any', 'tool', 'none'])) {
    case 'any': return 'required'
    case 'tool': return { type: 'function', function: { name: readText(told['name'], 'tool_choice.name') } }
    case 'auto': return 'auto'
    case 'none': return 'none'
  }
}
