// Members of a request, read or refused by their path; what a chat has no place for is noted.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { readMembers, refuse } from '../openai-chat/wish-values.ts'

/** Losses that are named: they go out in a header. */
const MOST_LOSSES = 16
const LONGEST_LOSS = 64

/** What of a request its chat does not say, by paths. */
export class Losses {
  readonly #paths = new Set<string>()

  add (path: string): void {
    if (this.#paths.size < MOST_LOSSES) this.#paths.add(path.slice(0, LONGEST_LOSS))
  }

  get paths (): readonly string[] {
    return [...this.#paths]
  }
}

/** @throws GatewayError `invalid_body` naming the path, as all of these do. */
export function needText (value: JsonValue | undefined, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'must be a string')
}

export function needList (value: JsonValue | undefined, path: string): readonly JsonValue[] {
  return Array.isArray(value) ? value : refuse(path, 'must be a list')
}

export function needMembers (value: JsonValue | undefined, path: string): JsonObject {
  return readMembers(value, path) ?? refuse(path, 'must be an object')
}

/** Null is the same as absent. */
export function readText (value: JsonValue | undefined, path: string): string | undefined {
  return isAbsent(value) ? undefined : needText(value, path)
}

export function readNumber (value: JsonValue | undefined, path: string): number | undefined {
  if (isAbsent(value)) return undefined
  return typeof value === 'number' ? value : refuse(path, 'must be a number')
}

export function readCount (value: JsonValue | undefined, path: string): number | undefined {
  if (isAbsent(value)) return undefined
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
  return isCount ? value : refuse(path, 'must be a non-negative whole number')
}

/** The objects of a list; whatever else is in it is passed over. */
export function recordsIn (value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== undefined) : []
}

export function isAbsent (value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null
}
