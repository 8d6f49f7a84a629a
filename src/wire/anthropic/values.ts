// Values of a request in Anthropic's dialect: each is read, or refused with its path as their API writes it
// (`messages.0.content.1.type`).

import { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/** @throws GatewayError `invalid_body`, with the path of the member as `param`. */
export function refuse (path: string, says: string): never {
  throw new GatewayError('invalid_body', { reason: `${path}: ${says}.` }, { param: path })
}

export function isTold (value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null
}

export function readObject (value: JsonValue | undefined, path: string): JsonObject {
  return asObject(value) ?? refuse(path, 'must be an object')
}

export function readList (value: JsonValue | undefined, path: string): readonly JsonValue[] {
  return Array.isArray(value) ? value : refuse(path, 'must be a list')
}

export function readText (value: JsonValue | undefined, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'must be a string')
}

/** Undefined: absent, null or empty. */
export function readOptionalText (value: JsonValue | undefined, path: string): string | undefined {
  return isTold(value) ? readText(value, path) || undefined : undefined
}

export function readWhole (value: JsonValue | undefined, path: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  return refuse(path, `must be a whole number of at least ${least}`)
}

export function readOne<T extends string> (value: JsonValue | undefined, path: string, choices: readonly T[]): T {
  return choices.find((choice) => choice === value) ?? refuse(path, `must be one of ${choices.join(', ')}`)
}
