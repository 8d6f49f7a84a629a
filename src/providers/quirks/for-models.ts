// A quirk that only some models of a provider need, or all but some.

import type { RequestQuirk } from './quirk.ts'

/** `pattern` meets the provider's own model id; it must not be global or sticky, those remember. */
export function forModels (pattern: RegExp, quirk: RequestQuirk): RequestQuirk {
  return (body) => typeof body['model'] === 'string' && pattern.test(body['model']) ? quirk(body) : undefined
}

export function exceptModels (pattern: RegExp, quirk: RequestQuirk): RequestQuirk {
  return (body) => typeof body['model'] === 'string' && pattern.test(body['model']) ? undefined : quirk(body)
}
