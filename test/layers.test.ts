// The architecture as a test: who may import whom, how long a file may grow, what it may be called.
// Each rule is also shown to find a violation planted in a made-up tree: a rule that finds nothing proves nothing.

import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import t from 'tap'
import {
  cycleViolations, fastifyViolations, importsOf, layerViolations, lengthViolations, nameViolations, type SourceFile
} from './architecture.ts'

const root = join(import.meta.dirname, '..')
const sources = ['src', 'plugins', 'routes'].flatMap(readFolder)
const all = [...sources, ...readFolder('test')]

t.test('the tree that is checked is the real one', async (t) => {
  t.ok(sources.some(({ path }) => path === 'src/core/money.ts'))
  t.ok(all.some(({ path }) => path === 'test/layers.test.ts'))
})

t.test('every import goes down', async (t) => { t.same(layerViolations(sources), []) })
t.test('the core does not know Fastify', async (t) => { t.same(fastifyViolations(sources), []) })
t.test('no file is longer than 300 lines', async (t) => { t.same(lengthViolations(all), []) })
t.test('no file is named after nothing', async (t) => { t.same(nameViolations(all), []) })
t.test('no two files need each other', async (t) => { t.same(cycleViolations(sources), []) })

t.test('imports are found in every spelling, and prose is not an import', async (t) => {
  const text = [
    "import t, { a } from './a.ts'",
    'import {',
    '  b,',
    '  c',
    "} from './b.ts'",
    "import type { D } from './d.ts'",
    "import { type E } from './e.ts'",
    "import * as f from './f.ts'",
    "import './g.ts'",
    "export { h } from './h.ts'",
    "export type { I } from './i.ts'",
    "export * from './j.ts'",
    "const k = () => import('./k.ts')",
    "// import { no } from './no.ts'",
    "export const from = 'nowhere'",
    "export function reads (from = 'nothing') { return Array.from('./no.ts') }"
  ].join('\n')

  t.same(importsOf(text).map(({ kind, specifier }) => `${kind} ${specifier}`), [
    'value ./a.ts', 'value ./b.ts', 'type ./d.ts', 'value ./e.ts', 'value ./f.ts', 'value ./g.ts', 'value ./h.ts',
    'type ./i.ts', 'value ./j.ts', 'lazy ./k.ts'
  ])
})

const PLANTED: ReadonlyArray<readonly [sentence: string, path: string, text: string]> = [
  ['core knows nobody', 'src/core/a.ts', "import { b } from '../catalog/b.ts'"],
  ['wire does not know providers', 'src/wire/sse.ts', "import type { P } from '../providers/provider.ts'"],
  ['routing does not know the ledger', 'src/routing/plan.ts', "import type { L } from '../ledger/ledger.ts'"],
  ['metering does not know routing', 'src/metering/cost.ts', "import { p } from '../routing/plan.ts'"],
  ['keys do not know the ledger', 'src/keys/keys.ts', "import { l } from '../ledger/ledger.ts'"],
  ['the exchange sees types of the ledger only', 'src/exchange/settle.ts', "import { l } from '../ledger/ledger.ts'"],
  ['the exchange sees types of the catalog only', 'src/exchange/a.ts', "import { c } from '../catalog/catalog.ts'"],
  ['the port does not know its adapter', 'src/ledger/ledger.ts', "import { s } from './sqlite/ledger.ts'"],
  ['a command loads the rest when it runs', 'src/cli/usage.ts', "import { s } from '../ledger/sqlite/ledger.ts'"],
  ['nobody below imports the wiring', 'src/exchange/b.ts', "import type { G } from '../gateway.ts'"],
  ['routes reach the gateway through decorators', 'routes/a.ts', "import { e } from '../src/exchange/exchange.ts'"],
  ['src does not know plugins', 'src/local/a.ts', "import p from '../../plugins/principal.ts'"],
  ['a folder without a row is refused', 'src/elsewhere/a.ts', '']
]

for (const [sentence, path, text] of PLANTED) {
  t.test(`planted: ${sentence}`, async (t) => {
    t.equal(layerViolations([{ path, text }]).length, 1)
    t.match(layerViolations([{ path, text }])[0], path)
  })
}

t.test('what the table allows is not reported', async (t) => {
  t.same(layerViolations([
    { path: 'src/exchange/settle.ts', text: "import type { L } from '../ledger/ledger.ts'" },
    { path: 'src/ledger/sqlite/ledger.ts', text: "import { type L } from '../ledger.ts'" },
    { path: 'src/cli/usage.ts', text: "const { s } = await import('../ledger/sqlite/ledger.ts')" },
    { path: 'src/server.ts', text: "import { g } from './gateway.ts'" },
    { path: 'src/catalog/store.ts', text: "import { packageRoot } from '../paths.ts'" }
  ]), [])
})

t.test('planted: Fastify below the wiring', async (t) => {
  const text = "import type { FastifyRequest } from 'fastify'"
  t.same(fastifyViolations([
    { path: 'src/exchange/a.ts', text },
    { path: 'src/local/b.ts', text: "import fp from 'fastify-plugin'" },
    { path: 'src/keys/c.ts', text: "import limit from '@fastify/rate-limit'" },
    { path: 'src/app.ts', text },
    { path: 'plugins/a.ts', text }
  ]), ['src/exchange/a.ts imports fastify', 'src/local/b.ts imports fastify', 'src/keys/c.ts imports fastify'])
})

t.test('planted: a file of 301 lines', async (t) => {
  t.same(lengthViolations([
    { path: 'src/core/long.ts', text: 'x\n'.repeat(301) },
    { path: 'src/core/fits.ts', text: 'x\n'.repeat(300) }
  ]), ['src/core/long.ts has 301 lines, more than 300'])
})

t.test('planted: names after nothing, in files and folders', async (t) => {
  const paths = ['src/core/money-utils.ts', 'src/common/money.ts', 'src/wire/sse-2.ts', 'src/Manager.ts']
  const fine = ['test/helper.ts', 'src/core/money.ts', 'src/wire/renewal.ts']
  t.equal(nameViolations(paths.map(empty)).length, paths.length)
  t.same(nameViolations(fine.map(empty)), [])
})

t.test('planted: a ring of three files, also through a type or a lazy import', async (t) => {
  t.same(cycleViolations([
    { path: 'src/core/a.ts', text: "import { b } from './b.ts'" },
    { path: 'src/core/b.ts', text: "import type { C } from './c.ts'" },
    { path: 'src/core/c.ts', text: "const a = await import('./a.ts')" },
    { path: 'src/core/d.ts', text: "import { a } from './a.ts'" }
  ]), ['src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts'])
})

function empty (path: string): SourceFile {
  return { path, text: '' }
}

function readFolder (folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}
