// Tools for agents: `mcp.list_tools`. No tool server can be connected yet, so there is none to tell of.

import { nothing, operation, type Operation } from '../../rpc/operation.ts'
import { anybody, type Caller } from './caller.ts'

const TOOLS = { type: 'object', properties: { tools: { type: 'array', items: { type: 'object' } } }, required: ['tools'] }

export function toolOperations (): ReadonlyArray<Operation<Caller>> {
  return [operation({
    name: 'mcp.list_tools',
    summary: 'Tools of the connected tool servers',
    more: 'Empty: this broker connects to none yet.',
    params: [],
    result: { name: 'tools', schema: TOOLS },
    mayCall: anybody,
    read: nothing,
    run: () => ({ tools: [] })
  })]
}
