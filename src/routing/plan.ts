// The answer to "which backend, and why": ordered candidates, and every rejected backend with its reason.

import type { Backend, Model, Price } from '../catalog/catalog.ts'
import type { Envelope, Principal, Task, Translation } from '../core/ask.ts'
import type { DeadlineOverrides } from '../core/deadlines.ts'
import type { NanoUsd } from '../core/money.ts'
import type { PriorityOverride } from './override.ts'

/** The part of an ask that routing reads. */
export interface PlanRequest {
  readonly task: Task
  readonly envelope: Envelope
  readonly principal: Principal
  /** `X-Aibroker-Max-Cost-Usd`: backends that could charge more are out; undefined: no such limit. */
  readonly maxCost?: NanoUsd | undefined
  /** Of this request; undefined: as its model and provider say. */
  readonly deadlines?: DeadlineOverrides | undefined
  /** `x-session-id`: where the body names no session. */
  readonly session?: string | undefined
  /** How the talk began, hashed when somebody asks. Undefined: it is no talk. */
  readonly opening?: (() => string | undefined) | undefined
  /** The answer is wanted byte for byte. */
  readonly isExact?: boolean
  /** Nobody's window takes all of it: those count that take it without its middle. */
  readonly isShortened?: boolean
}

/** Why a backend is out. Stored with the exchange and shown by explain; each has its sentence in reasons.ts. */
export const EXCLUSIONS = [
  'wrong_task', 'missing_capability', 'context_too_small', 'no_credential', 'credential_cooling',
  'price_unknown', 'too_costly', 'backend_cooling', 'not_allowed_for_key', 'unknown_provider',
  'not_in_only', 'ignored', 'no_fallbacks', 'data_collected', 'data_retained', 'other_quantization',
  'unsupported_parameter', 'above_max_price', 'not_offered', 'tier_not_asked', 'other_tier', 'less_capable',
  'credential_refused', 'needs_completions'
] as const
export type ExclusionCode = typeof EXCLUSIONS[number]

export interface Candidate {
  readonly backend: Backend
  readonly model: Model
  /** Upper bound of what this backend could charge for the ask; undefined: price not known. */
  readonly ceiling: NanoUsd | undefined
  /** Upper bound of input and output tokens together; undefined: not counted in tokens. */
  readonly ceilingTokens?: number | undefined
  /** What the ceiling is computed from, where that is not the backend's own price: an assumed one. */
  readonly boundPrice?: Price | undefined
  /** The limit of output tokens it has to be sent with, so that it fits a budget; undefined: as the client asked. */
  readonly clampedOutput?: number | undefined
  /** What stands behind the request's own bytes: the part of a broken answer that it carries on. Undefined: nothing. */
  readonly addedInputBytes?: number | undefined
  /** Members of the request it goes without, since they would lead to costs that are not in its ceiling. */
  readonly withheld?: readonly string[] | undefined
  /** Which of several models the client named it belongs to, from 0; undefined: it named one. */
  readonly choice?: number | undefined
  /** How it is told the request, where that is not as it came. */
  readonly translation?: Translation | undefined
  /** What the backend is asked for, where that is more than its model id: with a suffix that OpenRouter reads. */
  readonly askedAs?: string | undefined
  /** The operator set its priority live; undefined: it is the file's. */
  readonly override?: PriorityOverride | undefined
  /** Members of the body that leave otherwise, as JSON text, or not at all; undefined: none. */
  readonly rewrites?: ReadonlyMap<string, string | undefined> | undefined
}

export interface Exclusion {
  readonly backend: Backend
  readonly code: ExclusionCode
  /** The missing capability, the window's size, after how many failures it rests …; plain words or numbers. */
  readonly detail: string | undefined
  /** Ms until it may be tried; undefined: waiting does not help. */
  readonly waitMs?: number
}

export interface Plan {
  /** The name asked for. */
  readonly requestedModel: string
  /** All of them, where the client named several, in their order. */
  readonly requestedModels?: readonly string[] | undefined
  /** How the candidates were ordered: `priority`, `cheapest`, … as in docs/routing.md. */
  readonly policy: string
  readonly candidates: readonly Candidate[]
  readonly excluded: readonly Exclusion[]
  readonly catalogVersion: string
  /** Where it is kept who served the session, by `choice`; undefined: the request is of none. */
  readonly session?: PlannedSession | undefined
  /** Undefined: it is of a session, or nobody needs to know. */
  readonly talk?: PlannedTalk | undefined
}

/** What is known of a talk whose client names no session: routing/talks.ts. */
export interface PlannedTalk {
  /** Its history holds what a provider signed. */
  readonly isSigned: boolean
  /** Backends of equal priority share the load, and reading a prompt from a cache is cheaper at one of them. */
  readonly isCaching: boolean
  /** Backends of equal priority share the load: nobody can tell who served before. */
  readonly isShared: boolean
  /** Under which it is kept who served it: worked out when it is needed. */
  readonly key: () => string
}

export interface PlannedSession {
  readonly keys: readonly string[]
  readonly keepMs: number
}
