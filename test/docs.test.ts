// The README's tables cannot drift from the program: error codes both ways, settings both ways.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ERRORS } from '../src/core/errors.ts'

const root = join(import.meta.dirname, '..')

t.test('the error table of the README lists every error code, with its status, and no other', async (t) => {
  const rows = tableOf(sectionOf(readme(), 'Errors'))
  const listed = Object.fromEntries(rows.map(([code, status]) => [namesIn(code ?? '')[0], Number(status)]))
  const real = Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status]))

  t.same(missing(Object.keys(real), Object.keys(listed)), [], 'codes the README does not list')
  t.same(missing(Object.keys(listed), Object.keys(real)), [], 'codes that do not exist')
  t.same(listed, real, 'each with the status it has')
})

t.test('the configuration table of the README lists every variable that settings.ts reads', async (t) => {
  const read = variablesIn(readFileSync(join(root, 'src/settings.ts'), 'utf8'))
  t.ok(read.includes('AIBROKER_PORT') && read.includes('AIBROKER_DRAIN_MS'), 'the reader finds both ways of reading')

  const listed = tableOf(sectionOf(readme(), 'Configuration')).flatMap((cells) => cells.flatMap(namesIn))
  t.same(missing(read, listed), [])
})

t.test('the README promises no variable of the broker that nothing reads', async (t) => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
    .join('\n')
  const promised = [...new Set(readme().match(/\bAIBROKER_[A-Z_]+\b/g))]
  t.same(promised.filter((name) => !sources.includes(`'${name}'`)), [])
})

t.test('the readers see what is there and miss nothing that is not', async (t) => {
  const text = '# T\n\n## Errors\n\ntext\n\n| code | status |\n| --- | --- |\n| `a_b` | 400 |\n\n## Next\n\n| `no` | 1 |\n'
  t.same(tableOf(sectionOf(text, 'Errors')), [['`a_b`', '400']])
  t.throws(() => sectionOf(text, 'Configuration'), /no section "## Configuration"/)
  t.same(namesIn('`--port`, `AIBROKER_PORT`'), ['--port', 'AIBROKER_PORT'])
  t.same(variablesIn("env['DATABASE_URL'] millis('AIBROKER_X', 1) 'no' '--port (AIBROKER_PORT)'"),
    ['DATABASE_URL', 'AIBROKER_X'])
})

function readme (): string {
  return readFileSync(join(root, 'README.md'), 'utf8')
}

/** Lines under `## <title>` up to the next heading of that rank. */
function sectionOf (text: string, title: string): string {
  const section = text.split(/^## /m).find((section) => section.startsWith(`${title}\n`))
  if (section === undefined) throw new Error(`README.md has no section "## ${title}"`)
  return section
}

/** Cells of the rows of every table, without header rows. */
function tableOf (section: string): string[][] {
  const lines = section.split('\n')
  return lines
    .filter((line, at) => line.startsWith('|') && !isRule(line) && !isRule(lines[at + 1] ?? ''))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
}

function isRule (line: string): boolean {
  return /^\|[ :|-]+\|$/.test(line)
}

/** What stands in backticks. */
function namesIn (cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}

/** Environment variables read by a source text: a whole quoted name in capitals. */
function variablesIn (text: string): string[] {
  return [...new Set([...text.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)].map(([, name = '']) => name))]
}

function missing (names: readonly string[], from: readonly string[]): string[] {
  return names.filter((name) => !from.includes(name))
}
