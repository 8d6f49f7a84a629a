// The OpenRPC document of a table of operations. https://spec.open-rpc.org

import type { JsonObject } from '../core/json.ts'
import type { OperationDoc } from './operation.ts'
import { RPC_CODES } from './rpc-error.ts'

export interface OpenrpcParts {
  readonly title: string
  readonly version: string
  readonly says: string
  readonly operations: readonly OperationDoc[]
}

export function openrpcDocument ({ title, version, says, operations }: OpenrpcParts): JsonObject {
  return {
    openrpc: '1.3.2',
    info: { title, version, description: says, license: { name: 'MIT' } },
    methods: operations.map(methodOf)
  }
}

const ERRORS = [
  { code: RPC_CODES.params, message: 'A parameter is wrong; data.member names it.' },
  { code: RPC_CODES.forbidden, message: 'The method is not for whoever calls.' },
  { code: RPC_CODES.refused, message: 'It cannot be done; data.reason has a word for programs.' }
]

function methodOf ({ name, summary, more, params, result }: OperationDoc): JsonObject {
  return {
    name,
    summary,
    ...more !== undefined && { description: more },
    paramStructure: 'either',
    params: params.map(({ name, says, schema, isRequired }) =>
      ({ name, description: says, required: isRequired, schema })),
    result: { name: result.name, schema: result.schema },
    errors: ERRORS
  }
}
