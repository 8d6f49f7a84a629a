// Which methods a path is served with: what makes an unknown route a 405 with `Allow` instead of a 404.

const SPECIAL = /[.+?^${}()|[\]\\]/g

interface Pattern {
  readonly path: RegExp
  readonly methods: Set<string>
}

export class MethodTable {
  readonly #patterns = new Map<string, Pattern>()

  /** @param url a route as Fastify spells it: `/v1/models/:id`, `/files/*`. */
  add (url: string, methods: string | readonly string[]): void {
    const pattern = this.#patterns.get(url) ?? { path: readPattern(url), methods: new Set() }
    for (const method of [methods].flat()) pattern.methods.add(method)
    this.#patterns.set(url, pattern)
  }

  /** In alphabetical order; empty: the path is not served at all. */
  methodsOf (path: string): string[] {
    const methods = new Set<string>()
    for (const pattern of this.#patterns.values()) {
      if (pattern.path.test(path)) for (const method of pattern.methods) methods.add(method)
    }
    return [...methods].sort()
  }
}

/** Each part matches within its own segment, so no path makes the expression slow. */
function readPattern (url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+'
    return part.replace(SPECIAL, '\\$&').replace('*', '.*')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
