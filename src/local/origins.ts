// Which web pages may call (P9): `Origin` and `Sec-Fetch-Site`, the two headers a page cannot set or leave out.

export interface OriginRules {
  /** Origins that may call at once. */
  readonly allowedOrigins: readonly string[]
  /** Whether some usable key was granted to the origin; which one the request shows is checked later. */
  readonly isGranted: (origin: string) => boolean
}

/** The two headers as they came. */
export interface FetchHeaders {
  readonly origin: string | undefined
  readonly site: string | undefined
}

export type OriginVerdict =
  /** No web page, or the broker's own. */
  | 'local'
  /** Listed by the operator. */
  | 'allowed'
  /** Only with a key that was granted to this origin. */
  | 'needs_grant'
  | 'refused'

/** What a program, a typed address or a page of the broker itself sends. Anything else comes from somebody's page. */
const OWN_SITES: ReadonlySet<string> = new Set(['none', 'same-origin'])

/** @throws RangeError when the list would let every page in. */
export function createOriginGuard (rules: OriginRules): (headers: FetchHeaders) => OriginVerdict {
  const allowed = new Set(rules.allowedOrigins.map(readOrigin))

  return ({ origin, site }) => {
    if (origin === undefined) return site === undefined || OWN_SITES.has(site) ? 'local' : 'refused'
    // Sandboxed frames, redirects and local files all say "null": it names nobody, so it cannot be granted.
    if (origin === 'null') return 'refused'
    if (allowed.has(origin)) return 'allowed'
    return rules.isGranted(origin) ? 'needs_grant' : 'refused'
  }
}

function readOrigin (text: string): string {
  const origin = text.toLowerCase().replace(/\/+$/, '')
  if (origin === '*' || origin === 'null') {
    throw new RangeError(`AIBROKER_ALLOWED_ORIGINS: "${text}" would let any web page spend your keys; name origins`)
  }
  return origin
}
