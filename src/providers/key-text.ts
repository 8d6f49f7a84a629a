// Keys out of text: from a variable, a file or a command's output. What cannot stand in a header is refused here.

import { Secret } from '../core/secret.ts'
import { SettingsError } from '../settings.ts'

/** Printable ASCII without a space: anything else would break, or end, the Authorization header. */
const KEY = /^[\x21-\x7e]{1,4096}$/

/**
 * Splits, trims, leaves out blanks and repetitions; order stays.
 * @throws SettingsError naming `source`, never quoting it.
 */
export function readKeys (text: string, separator: string, source: string): string[] {
  const keys = new Set<string>()
  for (const part of text.split(separator)) {
    const key = part.trim()
    if (key === '') continue
    if (!KEY.test(key)) {
      throw new SettingsError(`${source} holds a key with a space, a line break or a character outside ASCII in it`)
    }
    keys.add(key)
  }
  return [...keys]
}

export function toSecrets (keys: Iterable<string>): Secret[] {
  return [...new Set(keys)].map((key) => new Secret(key))
}
