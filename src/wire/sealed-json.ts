// JSON that clients hand back in an envelope of ours (base64url): what is in it was not judged with their bodies.

import { JsonError, parseObject, skipSpace, skipValue, type JsonObject } from '../core/json.ts'

/** What we put there are flat records with long names and texts. */
const LEAST_BYTES_PER_VALUE = 8
const FEW_VALUES = 64

/** Undefined: no object, or one with more values, or nested more deeply, than any that was ever put there. */
export function openSealed (text: string): JsonObject | undefined {
  const bytes = Buffer.from(text, 'base64url')
  try {
    skipValue(bytes, skipSpace(bytes, 0), { left: FEW_VALUES + bytes.length / LEAST_BYTES_PER_VALUE })
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
  return parseObject(bytes.toString('utf8'))
}
