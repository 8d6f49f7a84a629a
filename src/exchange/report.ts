// One finished exchange in a line: what the request log, the metrics and the event log are made of. No secrets, no
// bodies, no headers.

import type { Task } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import type { CostGrade, Usage } from '../core/usage.ts'

export interface ExchangeReport {
  readonly id: string
  readonly ip: string
  readonly keyId: string | undefined
  readonly task: Task
  readonly isStream: boolean
  readonly requestedModel: string
  readonly provider: string | undefined
  readonly modelId: string | undefined
  /** The HTTP status the client got; 499 when it left first. */
  readonly status: number
  readonly error: string | undefined
  readonly attempts: number
  readonly durationMs: number
  readonly firstEventMs: number | undefined
  readonly usage: Usage
  readonly cost: NanoUsd | undefined
  readonly grade: CostGrade | undefined
}
