// JSON-RPC 2.0 requests, from bytes to values: one, or a batch of them. https://www.jsonrpc.org/specification
//
// DESIGN. The bytes are read as bodies of inference are (core/json.ts): valid UTF-8, bounded in depth and values, no
// member twice. An id is sent back as it came or refused: a number that JavaScript would spell otherwise is nobody's.

import { asObject, JsonError, readJsonObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { RpcError } from './rpc-error.ts'

export type RpcId = string | number | null

export interface RpcRequest {
  readonly kind: 'request'
  /** Undefined: a notification, which nobody answers. */
  readonly id: RpcId | undefined
  readonly method: string
  /** By name, or by position. */
  readonly params: JsonObject | readonly JsonValue[]
}

/** JSON that is no request. `id`: its own, where it has one that can be sent back. */
export interface NoRequest {
  readonly kind: 'no_request'
  readonly id: RpcId
  readonly error: RpcError
}

export type RpcMessage = RpcRequest | NoRequest

export interface RpcBody {
  readonly isBatch: boolean
  readonly messages: readonly RpcMessage[]
}

/** Messages in a batch. */
export const MOST_MESSAGES = 100

const OPEN_BRACE = 0x7b
const BOXED = 'body'
const BOX = [Buffer.from(`{"${BOXED}":`), Buffer.from('}')] as const

/** @throws RpcError when the whole of it is no JSON, no request, or a batch of none or of too many. */
export function readRpcBody (bytes: Buffer): RpcBody {
  const value = readValue(bytes)
  if (!Array.isArray(value)) return { isBatch: false, messages: [messageOf(value)] }
  if (value.length === 0) throw new RpcError('request', 'An empty batch asks for nothing.')
  if (value.length > MOST_MESSAGES) {
    throw new RpcError('request', `A batch has at most ${MOST_MESSAGES} messages, and this one has ${value.length}.`)
  }
  return { isBatch: true, messages: value.map(messageOf) }
}

/** Anything but an object is read as the member of one: the reader knows nothing else, and its limits count for all. */
function readValue (bytes: Buffer): JsonValue {
  try {
    if (firstOf(bytes) === OPEN_BRACE) return readJsonObject(bytes).value
    const { value, members } = readJsonObject(Buffer.concat([BOX[0], bytes, BOX[1]]))
    const [only] = members
    if (members.length !== 1 || only?.name !== BOXED) throw new JsonError('it is several values')
    return value[BOXED] ?? null
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    const reason = firstOf(bytes) === OPEN_BRACE ? error.message : error.message.replace(/ at position \d.*$/, '')
    throw new RpcError('parse', `The body is not valid JSON: ${reason}.`)
  }
}

/** The first byte that is no space. */
function firstOf (bytes: Buffer): number | undefined {
  return bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
}

function messageOf (value: JsonValue): RpcMessage {
  const message = asObject(value)
  if (!message) return noRequest(null, 'A request is an object.')
  const { id, method, params = {} } = message
  if (id !== undefined && !isId(id)) return noRequest(null, '"id" must be a text, a whole number up to 2^53, or null.')
  const known = id ?? null
  if (message['jsonrpc'] !== '2.0') return noRequest(known, '"jsonrpc" must be "2.0".')
  if (typeof method !== 'string') return noRequest(known, '"method" must be a text.')
  if (typeof params !== 'object' || params === null) return noRequest(known, '"params" must be an object or an array.')
  return { kind: 'request', id, method, params }
}

function noRequest (id: RpcId, reason: string): NoRequest {
  return { kind: 'no_request', id, error: new RpcError('request', `This is no request: ${reason}`) }
}

function isId (value: JsonValue): value is RpcId {
  return value === null || typeof value === 'string' || (Number.isSafeInteger(value) && !Object.is(value, -0))
}
