// A JSON-RPC body to its answer: each message to its operation in the table, one after the other.
//
// DESIGN. What must hold: every request with an id gets exactly one answer with that id, and a notification none. What
// an operation throws by mistake is the log's, and says nothing to the client. Messages of a batch run in their order,
// so that one can read what the one before has set; when the answers are large, the rest is refused before it runs.

import { GatewayError } from '../core/errors.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { readRpcBody, type RpcId, type RpcMessage, type RpcRequest } from './message.ts'
import { JsonText, type Operation, type OperationResult } from './operation.ts'
import { echoed, RpcError, wrongParameter } from './rpc-error.ts'

export interface RpcParts<Caller> {
  readonly operations: ReadonlyArray<Operation<Caller>>
  /** What those hear that may not call: a sentence that says what to do. */
  readonly forbidden: string
  /** The known name somebody may have meant. */
  nearest (name: string, known: Iterable<string>): string | undefined
  /** Hears what an operation threw by mistake. */
  alarm (method: string, error: unknown): void
}

/** Characters of the answers of one batch, after which no further message runs. */
const MOST_ANSWERED = 16 * 1024 * 1024

export class Rpc<Caller> {
  readonly #parts: RpcParts<Caller>
  readonly #table: ReadonlyMap<string, Operation<Caller>>

  constructor (parts: RpcParts<Caller>) {
    this.#parts = parts
    this.#table = new Map(parts.operations.map((operation) => [operation.name, operation]))
  }

  /** The answer as JSON; undefined: nothing in the body wants one. Never throws. */
  async answer (bytes: Buffer, caller: Caller): Promise<string | undefined> {
    try {
      const { isBatch, messages } = readRpcBody(bytes)
      const answers = await this.#answers(messages, caller)
      if (answers.length === 0) return undefined
      return isBatch ? `[${answers.join(',')}]` : answers[0]
    } catch (error) {
      return failureText(null, this.#told('', error))
    }
  }

  async #answers (messages: readonly RpcMessage[], caller: Caller): Promise<string[]> {
    const answers: string[] = []
    let characters = 0
    for (const message of messages) {
      const answer = characters > MOST_ANSWERED ? refusedAnswer(message) : await this.#answerTo(message, caller)
      if (answer === undefined) continue
      answers.push(answer)
      characters += answer.length
    }
    return answers
  }

  async #answerTo (message: RpcMessage, caller: Caller): Promise<string | undefined> {
    const { id } = message
    if (message.kind === 'no_request') return failureText(message.id, message.error)
    try {
      const result = await this.#call(message, caller)
      return id === undefined ? undefined : resultText(id, result)
    } catch (error) {
      const told = this.#told(message.method, error)
      return id === undefined ? undefined : failureText(id, told)
    }
  }

  #call ({ method, params }: RpcRequest, caller: Caller): OperationResult | Promise<OperationResult> {
    const operation = this.#table.get(method)
    if (!operation) throw this.#unknownMethod(method)
    if (!operation.mayCall(caller)) throw new RpcError('forbidden', this.#parts.forbidden, { method })
    return operation.call(this.#named(operation, params), caller)
  }

  #unknownMethod (method: string): RpcError {
    const nearest = this.#parts.nearest(method, this.#table.keys()) ?? null
    const hint = nearest === null ? '' : ` Did you mean "${nearest}"?`
    return new RpcError('method', `There is no method ${echoed(method)}.${hint} rpc.discover lists what there is.`, { nearest })
  }

  /** The parameters by name, and no others than the operation has. @throws RpcError */
  #named (operation: Operation<Caller>, params: RpcRequest['params']): JsonObject {
    const names = operation.params.map(({ name }) => name)
    const named = params instanceof Array ? byName(names, params) : params
    const unknown = Object.keys(named).find((name) => !names.includes(name))
    if (unknown !== undefined) {
      const nearest = this.#parts.nearest(unknown, names) ?? null
      const hint = nearest === null ? '' : `: did you mean "${nearest}"?`
      throw wrongParameter(unknown, `is none of "${operation.name}"${hint}`, { nearest })
    }
    const missing = operation.params.find(({ name, isRequired }) => isRequired && named[name] === undefined)
    if (missing) throw wrongParameter(missing.name, 'is missing')
    return named
  }

  #told (method: string, error: unknown): RpcError {
    const known = rpcErrorOf(error)
    if (known) return known
    this.#parts.alarm(method, error)
    return new RpcError('internal', 'Internal error; see the broker log.')
  }
}

const TOO_LARGE = new RpcError('refused', 'The answers of this batch are too large: ask in several.', { reason: 'too_large' })

function refusedAnswer ({ id }: RpcMessage): string | undefined {
  return id === undefined ? undefined : failureText(id, TOO_LARGE)
}

/** @throws RpcError when there are more than names. */
function byName (names: readonly string[], values: readonly JsonValue[]): JsonObject {
  if (values.length > names.length) throw wrongParameter(String(names.length), `is too many: there are ${names.length}`)
  return Object.fromEntries(values.map((value, at) => [names[at], value]))
}

/** A failure of the gateway's own table as this protocol tells it; undefined: a mistake of ours. */
function rpcErrorOf (error: unknown): RpcError | undefined {
  if (error instanceof RpcError) return error
  if (!(error instanceof GatewayError) || error.code === 'internal') return undefined
  const { code, status, message, extras: { param } } = error
  const more = { reason: code, status, ...param !== undefined && { member: param } }
  if (status === 401 || status === 403) return new RpcError('forbidden', message, more)
  return new RpcError(param === undefined ? 'refused' : 'params', message, more)
}

function resultText (id: RpcId, result: OperationResult): string {
  const text = result instanceof JsonText ? result.text : JSON.stringify(result)
  return `{"jsonrpc":"2.0","result":${text},"id":${JSON.stringify(id)}}`
}

function failureText (id: RpcId, { code, message, more }: RpcError): string {
  const error = { code, message, ...more && { data: more } }
  return `{"jsonrpc":"2.0","error":${JSON.stringify(error)},"id":${JSON.stringify(id)}}`
}
