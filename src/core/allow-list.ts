// What a client key may use, as its patterns say: names, or beginnings of names followed by `*`.

export function matchesAny (patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name)
}
