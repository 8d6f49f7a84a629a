// The sources as plain JavaScript, for tests that start a process.
//
// Starting a process through a TypeScript loader costs half a second each; compiling the project with its type check
// costs seconds per test file. So the sources are translated without checking (types are the type check's business),
// into a folder named after their content: the first test file that needs it makes it, the others find it, and so does
// the next run. `dist/` is not used because a test must never run yesterday's build.

import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
// Inside the project, so that packages and files beside the sources are found as from dist/.
const folder = join(root, '.tap', 'compiled')
const KEEP_MS = 60 * 60 * 1000

interface Source {
  /** From the project root. */
  readonly path: string
  readonly text: string
}

/** Path of the compiled form of a source file: `compiled('src/cli/main.ts')`. */
export async function compiled (path: string): Promise<string> {
  const sources = ['src', 'plugins', 'routes'].flatMap(readFolder)
  const place = join(folder, digestOf(sources))
  if (!existsSync(place)) await compile(sources, place)
  return join(place, path.replace(/\.ts$/, '.js'))
}

async function compile (sources: readonly Source[], place: string): Promise<void> {
  const { default: ts } = await import('typescript')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson({
    ...config.compilerOptions,
    module: 'ESNext', // NodeNext looks at package.json, which translating one text by itself does not
    moduleResolution: 'Bundler',
    sourceMap: false,
    inlineSourceMap: true
  }, root)
  const draft = join(folder, `draft-${randomUUID()}`)
  for (const { path, text } of sources) {
    const target = join(draft, path.replace(/\.ts$/, '.js'))
    const { outputText } = ts.transpileModule(text, { fileName: path, compilerOptions: options })
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
  }
  moveInto(draft, place)
  removeStale(place)
}

/** Whole or not at all: test files run at the same time, and the first one to finish wins. */
function moveInto (draft: string, place: string): void {
  try {
    renameSync(draft, place)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(place)) throw error
  }
}

function removeStale (place: string): void {
  for (const name of readdirSync(folder)) {
    const other = join(folder, name)
    const isStale = other !== place && statSync(other).mtimeMs < Date.now() - KEEP_MS
    if (isStale) rmSync(other, { recursive: true, force: true })
  }
}

function readFolder (name: string): Source[] {
  return readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => join(name, file))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

function digestOf (sources: readonly Source[]): string {
  const hash = createHash('sha256')
  for (const own of ['tsconfig.json', 'test/compiled.ts']) hash.update(readFileSync(join(root, own)))
  for (const { path, text } of sources) hash.update(`${path}\0${text}\0`)
  return hash.digest('hex').slice(0, 16)
}
