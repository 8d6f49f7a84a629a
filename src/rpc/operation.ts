// An operation: what can be called by a name, by whom, with what, and what comes of it. One table of them has three
// faces: JSON-RPC, its OpenRPC document, and commands.

import type { JsonObject, JsonValue } from '../core/json.ts'

/** JSON that is written already: a list of ten thousand models is not parsed to be printed again. */
export class JsonText {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

export type OperationResult = JsonValue | JsonText

/** One parameter, for whoever calls and for the check of names. */
export interface ParameterDoc {
  readonly name: string
  readonly says: string
  /** JSON Schema. */
  readonly schema: JsonObject
  readonly isRequired: boolean
}

export interface OperationDoc {
  /** `priority.set`: what it is about, and what is done. */
  readonly name: string
  /** A few words, without a full stop. */
  readonly summary: string
  readonly more?: string
  /** In the order in which they may come without their names. */
  readonly params: readonly ParameterDoc[]
  readonly result: { readonly name: string, readonly schema: JsonObject }
}

export interface Operation<Caller> extends OperationDoc {
  mayCall (caller: Caller): boolean
  /**
   * `params`: only names of the list, and all that are required; values are not looked at.
   * @throws RpcError or GatewayError
   */
  call (params: JsonObject, caller: Caller): OperationResult | Promise<OperationResult>
}

export interface OperationParts<Caller, Params> extends OperationDoc {
  mayCall (caller: Caller): boolean
  /** Values as the operation wants them. @throws RpcError `wrongParameter` */
  read (params: JsonObject): Params
  run (params: Params, caller: Caller): OperationResult | Promise<OperationResult>
}

/** Puts reading and doing together, so that operations with different parameters fit in one table. */
export function operation<Caller, Params> (parts: OperationParts<Caller, Params>): Operation<Caller> {
  const { read, run, ...rest } = parts
  return { ...rest, call: (params, caller) => run(read(params), caller) }
}

/** The `read` of operations without parameters. */
export function nothing (): void {}
