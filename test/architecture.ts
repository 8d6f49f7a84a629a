// The architecture as a pure function: source files in, broken rules out as sentences. See layers.test.ts.

import { posix } from 'node:path'

export interface SourceFile {
  /** From the project root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** `type` imports are erased by the compiler, `lazy` ones (`import()`) run when they are reached. */
export type ImportKind = 'value' | 'type' | 'lazy'

export interface Import {
  readonly kind: ImportKind
  /** As written: `../core/money.ts` or `fastify`. */
  readonly specifier: string
}

/**
 * Layers (a folder or a file) to what they may import besides themselves and EVERYWHERE. The longest matching layer
 * counts, so that an adapter's folder is a layer of its own below its port. A row may also name a single file. `type x`
 * allows erased imports only, `lazy x` dynamic ones only, `*` stands for every layer.
 */
export const MAY_IMPORT: { readonly [layer: string]: readonly string[] } = {
  'src/core': [],
  'src/rpc': ['src/core'],
  'src/paths.ts': [],
  'src/version.ts': [],
  'src/setting-values.ts': [],
  'src/settings.ts': ['src/core', 'src/setting-values.ts'],
  'src/catalog': ['src/core'],
  'src/wire': ['src/core'],
  'src/metering': ['src/core', 'src/catalog'],
  'src/metrics': ['src/core', 'type src/exchange'],
  'src/routing': ['src/core', 'src/catalog', 'src/metering', 'type src/providers'],
  'src/keys': ['src/core'],
  'src/budgets': ['src/core'],
  'src/ledger': ['src/core', 'src/budgets'],
  'src/ledger/sqlite': ['src/core', 'src/budgets', 'src/ledger'],
  'src/admin': ['src/core', 'src/rpc', 'src/keys', 'src/budgets', 'src/ledger'],
  'src/providers': ['src/core', 'src/settings.ts', 'src/wire'],
  // An adapter: it answers through the exchange's port as if it were the network.
  'src/providers/dry-run': ['src/core', 'src/wire', 'src/providers', 'type src/exchange'],
  'src/exchange': [
    'src/core', 'src/wire', 'src/metering', 'src/routing', 'src/providers', 'type src/catalog', 'type src/ledger'
  ],
  'src/local': ['src/core', 'src/keys'],
  // A provider for staging failures: it knows nothing of the broker that calls it.
  'src/chaos': ['src/core'],
  // A command may use anything, but only once it runs: `serve` starts and `--help` answers without the rest.
  'src/cli': ['src/core', 'src/settings.ts', 'type *', 'lazy *'],
  // What the routes say of themselves becomes a document and a page.
  'src/openapi': ['src/core'],
  // The wiring: the only files that see everything, and that nothing below sees.
  'src/gateway.ts': ['*'],
  'src/supply.ts': ['*'],
  'src/open-gateway.ts': ['*'],
  'src/open-metrics.ts': ['*'],
  'src/open-live-list.ts': ['*'],
  'src/request-line.ts': ['*'],
  'src/app.ts': ['*'],
  'src/banner.ts': ['*'],
  'src/budget-notices.ts': ['src/core', 'src/budgets', 'type src/ledger', 'type src/metrics'],
  'src/setting-names.ts': ['src/catalog/nearest.ts'],
  'src/log.ts': ['*'],
  'src/server.ts': ['*'],
  'src/shutdown.ts': ['*'],
  plugins: ['src/core', 'src/local', 'src/wire', 'type *'],
  // What the gateway does comes through the decorator; these files only read and write what is on the wire.
  routes: [
    'src/core', 'src/openapi', 'src/wire', 'src/catalog/model-card.ts', 'src/catalog/model-query.ts', 'src/catalog/own-models.ts',
    'src/catalog/endpoint-card.ts', 'src/catalog/nearest.ts', 'src/exchange/spool.ts', 'src/ledger/usage-query.ts',
    'src/ledger/reports.ts', 'src/ledger/usage-report.ts', 'src/ledger/account-key.ts', 'src/ledger/account-generation.ts',
    'src/rpc', 'src/admin/operations.ts',
    'src/admin/activity.ts', 'src/admin/code-wish.ts', 'src/admin/feedback-wish.ts', 'src/admin/key-json.ts',
    'src/budgets/budget.ts', 'src/ledger/budget-answer.ts',
    'src/admin/key-wish.ts', 'src/ledger/feedback.ts', 'src/ledger/presets.ts', 'src/metering/token-estimate.ts',
    'src/routing/explain.ts', 'src/routing/quote.ts', 'src/routing/health-report.ts',
    'plugins/outlet.ts', 'type *'
  ]
}

/** Leaf files that any layer may import: they know nothing of the gateway. */
const EVERYWHERE = ['src/paths.ts', 'src/version.ts', 'type src/settings.ts']
const KNOWS_FASTIFY = ['src/app.ts', 'src/server.ts', 'src/shutdown.ts', 'plugins', 'routes']
const FASTIFY = /^(fastify|fastify-plugin|@fastify\/.+)$/
const LONGEST_FILE = 300
const BANNED_WORDS = [
  'util', 'utils', 'helper', 'helpers', 'common', 'misc', 'manager', 'handler', 'processor', 'data', 'info', 'object',
  'stuff', 'new', 'old', '2'
]

// A statement starts its line and reaches its specifier without a quote, an equals sign or a call on the way.
const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^'"=();]*?\sfrom\s+)?'([^']+)'/gm
const LAZY = /\bimport\(\s*'([^']+)'\s*\)/g

/** Imports and re-exports of a file. `import { type A }` is a value import: the compiler keeps the statement. */
export function importsOf (text: string): Import[] {
  const found: Import[] = []
  for (const [, type, specifier = ''] of text.matchAll(STATIC)) found.push({ kind: type ? 'type' : 'value', specifier })
  for (const [, specifier = ''] of text.matchAll(LAZY)) found.push({ kind: 'lazy', specifier })
  return found
}

/** Imports that go up, sideways, or from a folder that has no row in the table. */
export function layerViolations (files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const layer = layerOf(path)
    if (!layer) return [`${path} belongs to no layer: give its folder a row in MAY_IMPORT`]
    return importsOf(text)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ kind, specifier }) => ({ kind, target: targetOf(path, specifier) }))
      .filter(({ kind, target }) => !isAllowed(layer, target, kind))
      .map(({ kind, target }) => `${path} may not import ${target} (${kind})`)
  })
}

/** Files of the gateway itself that know the web framework. */
export function fastifyViolations (files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !KNOWS_FASTIFY.some((place) => isWithin(path, place)))
    .filter(({ text }) => importsOf(text).some(({ specifier }) => FASTIFY.test(specifier)))
    .map(({ path }) => `${path} imports fastify`)
}

export function lengthViolations (files: readonly SourceFile[]): string[] {
  return files
    .map(({ path, text }) => ({ path, length: text.replace(/\n$/, '').split('\n').length }))
    .filter(({ length }) => length > LONGEST_FILE)
    .map(({ path, length }) => `${path} has ${length} lines, more than ${LONGEST_FILE}`)
}

/** Names that say nothing. `test/helper.ts` is the one exception. */
export function nameViolations (files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path !== 'test/helper.ts')
    .flatMap(({ path }) => path.split(/[^a-z0-9]+/i)
      .filter((word) => BANNED_WORDS.includes(word.toLowerCase()))
      .map((word) => `${path} has the banned word "${word}" in its name`))
}

/** Rings of files that import each other, whatever the kind of import; each ring once, from its first file on. */
export function cycleViolations (files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map(({ path, text }) => [path, importsOf(text)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => targetOf(path, specifier))]))
  const done = new Set<string>()
  const rings = new Set<string>()

  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      rings.add([...trail.slice(start), path].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of [...targets.keys()].sort()) visit(path, [])
  return [...rings]
}

function isAllowed (layer: string, target: string, kind: ImportKind): boolean {
  const targetLayer = layerOf(target)
  if (targetLayer === undefined) return false
  if (targetLayer === layer) return true
  return [...EVERYWHERE, ...MAY_IMPORT[layer] ?? []].some((row) => {
    const [, only, place] = /^(?:(type|lazy) )?(.+)$/.exec(row) ?? []
    return (only === undefined || only === kind) && [targetLayer, target, '*'].some((name) => name === place)
  })
}

function layerOf (path: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((layer) => isWithin(path, layer))
    .sort((a, b) => b.length - a.length)[0]
}

function isWithin (path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

function targetOf (path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier))
}
