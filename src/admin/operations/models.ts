// What can be asked for: `models.list`.

import { JsonText, nothing, operation, type Operation } from '../../rpc/operation.ts'
import { anybody, type Caller } from './caller.ts'

export interface ModelParts {
  /** The answer of GET /models, as JSON. */
  modelList (): string
}

const LIST = { type: 'object', description: 'As GET /v1/models: {"object","data","total_count","links"}.' }

export function modelOperations ({ modelList }: ModelParts): ReadonlyArray<Operation<Caller>> {
  return [operation({
    name: 'models.list',
    summary: 'Every model that can be asked for',
    params: [],
    result: { name: 'models', schema: LIST },
    mayCall: anybody,
    read: nothing,
    run: () => new JsonText(modelList())
  })]
}
