// Values of the members that steer routing: each is read or refused with its path, `null` is the same as absent.

import { GatewayError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../../core/json.ts'

const MOST_NAMES = 100
const LONGEST_NAME = 256
// eslint-disable-next-line no-control-regex -- they would reach the log, terminals and keys of ours
const CONTROL = /[\0-\x1f\x7f]/

/** @throws GatewayError `invalid_body`, with the path of the member as `param`. */
export function refuse (path: string, says: string): never {
  throw new GatewayError('invalid_body', { reason: `"${path}" ${says}.` }, { param: path })
}

export function readName (value: JsonValue | undefined, path: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') return refuse(path, 'must be a string')
  if (value.length > LONGEST_NAME || CONTROL.test(value)) {
    return refuse(path, `must have at most ${LONGEST_NAME} characters, and no control characters`)
  }
  return value
}

/** Undefined: not given. An empty list is one. */
export function readNames (value: JsonValue | undefined, path: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) return refuse(path, 'must be a list of strings')
  if (value.length > MOST_NAMES) return refuse(path, `must have at most ${MOST_NAMES} entries`)
  return value.map((item, at) => readName(item, `${path}.${at}`) ?? refuse(`${path}.${at}`, 'must be a string'))
}

export function readFlag (value: JsonValue | undefined, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'boolean' ? value : refuse(path, 'must be true or false')
}

export function readChoice<T extends string> (
  value: JsonValue | undefined, path: string, choices: readonly T[]
): T | undefined {
  if (value === undefined || value === null) return undefined
  return choices.find((choice) => choice === value) ?? refuse(path, `must be one of ${choices.join(', ')}`)
}

/** A number above zero. */
export function readPositive (value: JsonValue | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' && value > 0 ? value : refuse(path, 'must be a number above 0')
}

export function readMembers (value: JsonValue | undefined, path: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'object' && !Array.isArray(value) ? value : refuse(path, 'must be an object')
}
