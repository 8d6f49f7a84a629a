// The table of docs/openrouter.md: every check once, and every test it names is there and holds the check's number.

import { readFileSync } from 'node:fs'
import t from 'tap'

const CHECKS = 160
const DOCS = new URL('../../docs/', import.meta.url)
const ROW = /^\| (\d+) \| [^|]+ \| ([^|]*) \| [^|]+ \|$/gm
const TITLE = /t\.test\(['`](\d{1,3}(?:, \d{1,3})*)(?: \(SDK\))?:/g

t.test('the table of OpenRouter\'s checks is whole, and its tests are there', async (t) => {
  const text = readFileSync(new URL('openrouter.md', DOCS), 'utf8')
  const rows = [...text.matchAll(ROW)].map(([, number = '', tests = '']) => ({ number: Number(number), tests }))
  t.strictSame(rows.map(({ number }) => number), Array.from({ length: CHECKS }, (_, at) => at + 1))
  for (const { number, tests } of rows) {
    for (const [, path = ''] of tests.matchAll(/\]\(([^)]+)\)/g)) {
      const numbers = [...readFileSync(new URL(path, DOCS), 'utf8').matchAll(TITLE)].flatMap(([, list = '']) => list.split(', '))
      t.ok(numbers.includes(String(number)), `${number} in ${path}`)
    }
  }
})
