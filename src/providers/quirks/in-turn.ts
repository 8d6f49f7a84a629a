// Several usage quirks that may all apply to one answer, as one: the first hit alone would hide the others.

import type { JsonObject } from '../../core/json.ts'
import type { UsageQuirk } from './quirk.ts'

/** Each quirk sees the usage the ones before it made. */
export function inTurn (...quirks: readonly UsageQuirk[]): UsageQuirk {
  return (event) => {
    let usage: JsonObject | undefined
    for (const quirk of quirks) {
      const found = quirk(usage ? { ...event, usage } : event)
      if (found) usage = found
    }
    return usage
  }
}
