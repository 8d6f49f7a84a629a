// plan(): filter, rank, explain. Pure: everything it knows comes in as arguments.

import type { Envelope, Principal, Task } from '../core/ask.ts'
import type { Plan } from './plan.ts'

/** The part of an ask that routing reads. */
export interface PlanRequest {
  readonly task: Task
  readonly envelope: Envelope
  readonly principal: Principal
}

export interface Router {
  /** @throws GatewayError `unknown_model` or `wrong_task`; a known model with no eligible backend is an empty plan. */
  plan (request: PlanRequest): Plan
}
