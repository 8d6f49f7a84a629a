// What the model "says": text, JSON of the asked shape, or a call of the tool the request forces.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { DryRun } from './run.ts'
import { instanceOf } from './instance.ts'

export type Reply =
  | { readonly kind: 'text', readonly text: string }
  /** `text` is the arguments as JSON. */
  | { readonly kind: 'function_tool', readonly name: string, readonly text: string }
  /** `text` is the free input. */
  | { readonly kind: 'custom_tool', readonly name: string, readonly text: string }
  /** The retired spelling of a tool call, still sent by older programs. */
  | { readonly kind: 'function_call', readonly name: string, readonly text: string }

/** https://platform.openai.com/docs/api-reference/chat/create (tool_choice, function_call, response_format) */
export function replyOf (run: DryRun): Reply {
  return forcedTool(run) ?? forcedFunction(run) ?? { kind: 'text', text: textOf(run) }
}

function forcedTool ({ request, note }: DryRun): Reply | undefined {
  const tools = objectsOf(request['tools'])
  const choice = chosenTool(request['tool_choice'], tools)
  if (!choice) return undefined
  const name = nameOf(choice)
  if (choice['type'] === 'custom') return { kind: 'custom_tool', name, text: note }
  const declared = tools.find((tool) => nameOf(tool) === name)
  return { kind: 'function_tool', name, text: argumentsFor(asObject(declared?.['function'])) }
}

function chosenTool (choice: JsonValue | undefined, tools: readonly JsonObject[]): JsonObject | undefined {
  if (choice === 'required') return tools[0]
  const named = asObject(choice)
  if (named?.['type'] !== 'allowed_tools') return named
  const allowed = asObject(named['allowed_tools'])
  return allowed?.['mode'] === 'required' ? objectsOf(allowed['tools'])[0] : undefined
}

function forcedFunction ({ request }: DryRun): Reply | undefined {
  const name = asObject(request['function_call'])?.['name']
  if (typeof name !== 'string') return undefined
  const declared = objectsOf(request['functions']).find((each) => each['name'] === name)
  return { kind: 'function_call', name, text: argumentsFor(declared) }
}

function textOf ({ request, note }: DryRun): string {
  const format = asObject(request['response_format'])
  if (format?.['type'] === 'json_object') return JSON.stringify({ dry_run: true, note })
  if (format?.['type'] !== 'json_schema') return note
  return JSON.stringify(instanceOf(asObject(format['json_schema'])?.['schema']))
}

function argumentsFor (declared: JsonObject | undefined): string {
  return JSON.stringify(instanceOf(declared?.['parameters'] ?? { type: 'object' }))
}

function nameOf (tool: JsonObject): string {
  const name = asObject(tool['function'])?.['name'] ?? asObject(tool['custom'])?.['name'] ?? tool['name']
  return typeof name === 'string' ? name : ''
}

function objectsOf (list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.map(asObject).filter((each) => each !== undefined) : []
}
