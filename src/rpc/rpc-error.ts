// What can go wrong with a call, as JSON-RPC 2.0 tells it. https://www.jsonrpc.org/specification#error_object

import type { JsonObject } from '../core/json.ts'

/** Those from -32099 to -32000 are ours; the others are the specification's. */
export const RPC_CODES = {
  /** The body is no JSON. */
  parse: -32700,
  /** It is JSON, and no request. */
  request: -32600,
  /** There is no such method. */
  method: -32601,
  /** `data.member` is the parameter that is wrong. */
  params: -32602,
  /** `data` has nothing of what happened: the log of the broker has. */
  internal: -32603,
  /** The method is not for whoever calls. */
  forbidden: -32001,
  /** Everything else that cannot be done; `data.reason` has a word for programs. */
  refused: -32000
} as const
export type RpcFault = keyof typeof RPC_CODES

/** `message` and `more` go to the client: no secrets, and nothing a stranger could make long. */
export class RpcError extends Error {
  readonly code: number
  readonly more: JsonObject | undefined

  constructor (fault: RpcFault, message: string, more?: JsonObject) {
    super(message)
    this.code = RPC_CODES[fault]
    this.more = more
  }
}

const LONGEST_ECHO = 100

/** A word of a client as it is repeated to it. */
export function echoed (word: string): string {
  return JSON.stringify(word.slice(0, LONGEST_ECHO))
}

/** For a parameter that is not as it has to be; `reason` is a sentence without its subject: `must be a text`. */
export function wrongParameter (member: string, reason: string, more: JsonObject = {}): RpcError {
  const says = `Parameter ${echoed(member)} ${reason}`
  return new RpcError('params', /[.?]$/.test(says) ? says : `${says}.`, { member: member.slice(0, LONGEST_ECHO), ...more })
}
