// Parameters a provider answers with 400 or 422 (or reads past): taken out, and told to the client as edits.

import type { RequestQuirk } from './quirk.ts'

/** A `null` goes too: providers that refuse a parameter refuse its name. */
export function dropParameters (...names: readonly string[]): RequestQuirk {
  return (body) => {
    let changes: Record<string, undefined> | undefined
    for (const name of names) {
      if (body[name] !== undefined) (changes ??= {})[name] = undefined
    }
    return changes
  }
}
