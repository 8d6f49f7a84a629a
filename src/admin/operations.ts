// The table of operations: what can be asked of the broker, and changed, beside inference. POST /rpc serves it, and
// GET /openrpc.json says what is in it. A further operation is a further row of one of these files.

import type { JsonObject } from '../core/json.ts'
import { openrpcDocument } from '../rpc/openrpc.ts'
import { nothing, operation, type Operation, type OperationDoc } from '../rpc/operation.ts'
import { anybody, type Caller } from './operations/caller.ts'
import { modelOperations, type ModelParts } from './operations/models.ts'
import { priorityOperations, type PriorityParts } from './operations/priority.ts'
import { stateOperations, type StateParts } from './operations/state.ts'
import { toolOperations } from './operations/tools.ts'

export interface OperationsParts extends StateParts, ModelParts, PriorityParts {
  readonly version: string
}

const SAYS = 'What can be asked of the broker, and changed, beside inference: POST /rpc, one message or a batch of up to ' +
  '100. Inference and everything else is in /openapi.json.'

export function operationsOf (parts: OperationsParts): ReadonlyArray<Operation<Caller>> {
  const operations =
    [...stateOperations(parts), ...modelOperations(parts), ...toolOperations(), ...priorityOperations(parts)]
  const discover: Operation<Caller> = operation({
    name: 'rpc.discover',
    summary: 'This document',
    params: [],
    result: { name: 'openrpc', schema: { type: 'object', description: 'OpenRPC.' } },
    mayCall: anybody,
    read: nothing,
    run: () => documentOf([...operations, discover], parts.version)
  })
  return [...operations, discover]
}

export function documentOf (operations: readonly OperationDoc[], version: string): JsonObject {
  return openrpcDocument({ title: 'aibroker', version, says: SAYS, operations })
}
