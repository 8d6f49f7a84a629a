// What the exchange is given: one client request after principal, limits, body and envelope.

import type { Readable } from 'node:stream'
import type { Envelope, Principal, Task } from '../core/ask.ts'
import type { DeadlineOverrides } from '../core/deadlines.ts'
import type { NanoUsd } from '../core/money.ts'
import type { JsonBody } from '../core/json.ts'
import type { Edit } from '../core/json-edit.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import type { IdempotentRequest } from '../ledger/idempotency.ts'
import type { WireFormat } from '../wire/format.ts'
import type { Outlet } from './outlet.ts'

/** A multipart body that was read to its end and can be sent more than once: failover needs that. */
export interface SpooledBody {
  readonly kind: 'multipart'
  readonly contentType: string
  readonly bytes: number
  /** Of its parts; set when it was asked for. */
  readonly digest?: Buffer | undefined
  /** Where the value of the `model` field is. */
  readonly model: { readonly start: number, readonly end: number }
  /** The whole body with the edits applied, and its length. */
  open (edits: readonly Edit[]): { readonly stream: Readable, readonly length: number }
  /** Frees the spool. Idempotent. */
  release (): void
}

export type AskBody = { readonly kind: 'json', readonly json: JsonBody } | SpooledBody

export interface Ask {
  readonly task: Task
  readonly wire: WireFormat
  readonly principal: Principal
  readonly envelope: Envelope
  readonly body: AskBody
  /** `X-Aibroker-Relay: exact`: no change to the answer at all. */
  readonly isExact: boolean
  /** A stream for a client of OpenRouter, by its path or its headers: it expects the usage chunk without asking. */
  readonly isOpenRouterClient: boolean
  /** `X-OpenRouter-Metadata: enabled`. */
  readonly wantsMetadata: boolean
  /** `X-Aibroker-Timeout-*`. */
  readonly deadlines: DeadlineOverrides | undefined
  /** `X-Aibroker-Max-Cost-Usd`, in nano-USD. */
  readonly maxCost: NanoUsd | undefined
  /** `X-Aibroker-Stream`, else the key's own mode; undefined: the model decides, else `live`. */
  readonly streamMode: StreamMode | undefined
  /** The client's own attribution headers, for OpenRouter. */
  readonly attribution: { readonly referer: string | undefined, readonly title: string | undefined }
  /** `x-session-id`, where the body names no session. */
  readonly session?: string | undefined
  /** How a talk began, hashed when somebody asks. Undefined: it is no talk. */
  readonly opening?: (() => string | undefined) | undefined
  /** Members of the request that were lost on its way into a chat; undefined: none. */
  readonly losses?: readonly string[] | undefined
  /** `Idempotency-Key`. */
  readonly idempotent?: IdempotentRequest | undefined
}

export type Exchange = (ask: Ask, outlet: Outlet) => Promise<void>
