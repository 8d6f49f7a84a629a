// In which order providers are asked, changed while the broker runs: `priority.list` and `priority.set`.

import type { JsonObject } from '../../core/json.ts'
import { HIGHEST_PRIORITY } from '../../ledger/priorities.ts'
import { nothing, operation, type Operation } from '../../rpc/operation.ts'
import { echoed, wrongParameter } from '../../rpc/rpc-error.ts'
import type { LivePriorities } from '../live-priorities.ts'
import { whoAdministers, whoSeesAll, type Caller } from './caller.ts'

export interface PriorityParts {
  readonly priorities: Pick<LivePriorities, 'list' | 'set'>
  /** Ids of all providers. */
  providers (): readonly string[]
  /** The id somebody may have meant. */
  nearest (name: string, known: Iterable<string>): string | undefined
}

interface Setting {
  readonly provider: string
  /** Undefined: as the file says. */
  readonly priority: number | undefined
}

const INTEGER = { type: 'integer', minimum: 0, maximum: HIGHEST_PRIORITY }
const LIST = {
  type: 'object',
  description: 'Those that are set, by the id of the provider. All others are as modelsconfig.yml says.',
  additionalProperties: INTEGER
}
const SET = {
  type: 'object',
  properties: {
    success: { type: 'boolean' }, provider: { type: 'string' }, priority: { ...INTEGER, type: ['integer', 'null'] }
  }
}

export function priorityOperations (parts: PriorityParts): ReadonlyArray<Operation<Caller>> {
  return [
    operation({
      name: 'priority.list',
      summary: 'Priorities of providers that are set live',
      params: [],
      result: { name: 'priorities', schema: LIST },
      mayCall: whoSeesAll,
      read: nothing,
      run: () => Object.fromEntries(parts.priorities.list())
    }),
    operation({
      name: 'priority.set',
      summary: 'Set the priority of every backend of a provider',
      more: 'Over modelsconfig.yml, from the next request on and after a restart, until null clears it. The lowest is first.',
      params: [
        { name: 'provider', says: 'Id of a provider.', schema: { type: 'string' }, isRequired: true },
        { name: 'priority', says: 'Null: as the file says.', schema: { ...INTEGER, type: ['integer', 'null'] }, isRequired: true }
      ],
      result: { name: 'set', schema: SET },
      mayCall: whoAdministers,
      read: readSetting,
      run: (setting: Setting) => set(setting, parts)
    })
  ]
}

/** @throws RpcError */
function readSetting ({ provider, priority }: JsonObject): Setting {
  if (typeof provider !== 'string') throw wrongParameter('provider', 'must be a text')
  if (priority === null) return { provider, priority: undefined }
  const isPriority = typeof priority === 'number' && Number.isInteger(priority) && priority >= 0 && priority <= HIGHEST_PRIORITY
  if (isPriority) return { provider, priority }
  throw wrongParameter('priority', `must be a whole number from 0 to ${HIGHEST_PRIORITY}, or null`)
}

/** A provider that the file named once can still be cleared. @throws RpcError or GatewayError `ledger_unavailable` */
function set ({ provider, priority }: Setting, { priorities, providers, nearest }: PriorityParts): JsonObject {
  const known = providers()
  const isKept = priority === undefined && priorities.list().has(provider)
  if (!isKept && !known.includes(provider)) {
    const near = nearest(provider, known) ?? null
    const hint = near === null ? '' : `: did you mean "${near}"?`
    throw wrongParameter('provider', `names no provider that is known here, ${echoed(provider)}${hint}`, { nearest: near })
  }
  priorities.set(provider, priority)
  return { success: true, provider, priority: priority ?? null }
}
