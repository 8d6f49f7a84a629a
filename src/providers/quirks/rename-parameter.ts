// A parameter a provider knows by another name.

import type { RequestQuirk } from './quirk.ts'

/** When the body has both names, the provider's own one stays as the client wrote it. */
export function renameParameter (from: string, to: string): RequestQuirk {
  return (body) => {
    const value = body[from]
    if (value === undefined) return undefined
    if (value === null || body[to] !== undefined) return { [from]: undefined }
    return { [from]: undefined, [to]: value }
  }
}
