// How the broker is, and what it is: `health` and `info`. Nothing of it is secret.

import type { JsonObject } from '../../core/json.ts'
import { nothing, operation, type Operation } from '../../rpc/operation.ts'
import { anybody, type Caller } from './caller.ts'

export interface StateParts {
  /** The answer of GET /health. */
  health (): JsonObject
  about (): About
}

export interface About {
  readonly version: string
  readonly mode: string
  /** What `auto` means. */
  readonly strategy: string
  readonly catalogVersion: string
  readonly startedAtMs: number
  readonly uptimeMs: number
}

const HEALTH = { type: 'object', description: 'As GET /health, which needs no key.' }
const INFO = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    version: { type: 'string' },
    mode: { enum: ['proxy', 'dry_run'], description: '"dry_run": nothing leaves the machine.' },
    is_mother: { type: 'boolean', description: 'Whether other brokers ask this one.' },
    mother_count: { type: 'integer', description: 'Brokers that this one asks.' },
    strategy: { enum: ['cheapest', 'best'], description: 'What "auto" means.' },
    catalog_version: { type: 'string' },
    started_at: { type: 'string', format: 'date-time' },
    uptime_s: { type: 'integer' }
  }
}

export function stateOperations ({ health, about }: StateParts): ReadonlyArray<Operation<Caller>> {
  return [
    operation({
      name: 'health',
      summary: 'How the broker is',
      params: [],
      result: { name: 'health', schema: HEALTH },
      mayCall: anybody,
      read: nothing,
      run: health
    }),
    operation({
      name: 'info',
      summary: 'What the broker is',
      params: [],
      result: { name: 'info', schema: INFO },
      mayCall: anybody,
      read: nothing,
      run: () => infoOf(about())
    })
  ]
}

function infoOf ({ version, mode, strategy, catalogVersion, startedAtMs, uptimeMs }: About): JsonObject {
  return {
    name: 'aibroker',
    version,
    mode,
    is_mother: false,
    mother_count: 0,
    strategy,
    catalog_version: catalogVersion,
    started_at: new Date(startedAtMs).toISOString(),
    uptime_s: Math.floor(uptimeMs / 1_000)
  }
}
