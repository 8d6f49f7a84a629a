// The quick reader reads what the full parser reads, or nothing.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { createReport } from '../../src/catalog/config-error.ts'
import { packagedPath } from '../../src/catalog/packaged-prices.ts'
import { readPlainYaml } from '../../src/catalog/yaml-plain.ts'
import { readFullYaml } from '../../src/catalog/yaml-reader.ts'
import type { YamlNode } from '../../src/catalog/yaml-tree.ts'

/** What the full parser makes of the text; undefined when it finds any fault. */
function full (text: string): YamlNode | undefined {
  const report = createReport('x')
  const tree = readFullYaml(text, report)
  try {
    report.throwRefusals()
  } catch {
    return undefined
  }
  return tree
}

const SURE = [
  'a: 1\nb: two words\nc: "x: y"\nd: \'#\'\ne: # nothing\nf:\n',
  'a:\n  b:\n    - x\n    - y: 1\n      z: [p, q]\n    - { k: v, l: {} }\nc: []\n',
  'a:\n- 1\n- -2\n- ~openai/latest\n',
  'llama3:8b: x\nb: http://h:1/p?q#r # end\n',
  '# first\n\n  a: 1 # one\n  b: 1e-7\n',
  'a: [1, two words, a:b, "c, d", -5, x%y]\n',
  'a:\n  timeouts: { connect: 2.5, total: 10m, between: 0 } # s\n  stream_mode: resume\n',
  'a: command:[pass, show]\nb: 100% (really)\n'
]

for (const text of SURE) {
  t.test(`read quickly, and the same: ${JSON.stringify(text)}`, async (t) => {
    t.ok(full(text))
    t.same(readPlainYaml(text), full(text))
  })
}

const UNSURE = [
  '', '# x\n', 'a: |\n  text\n', 'a: >-\n  text\n', 'a: "x\\n"\n', 'a: &b 1\n', 'a: *b\n', 'a: !t 1\n', '---\na: 1\n',
  'a:\t1\n', 'a: 1\n  b\n', 'a: "x\n  y"\n', '? a\n: 1\n', 'a : 1\n', 'a: {b: 1,\n c: 2}\n', '1: x\n', 'true: x\n',
  'a: 1\n   b: 2\n', 'a: [x\n', 'a: x: y\n', 'a:\n  - 1\n - 2\n', '- - 1\n', 'a: [a: 1]\n', 'a: {b: }\n', 'a: %x\n',
  'a: @x\n', 'a: `x\n', 'a: 1\rb: 2\n', 'a: x\u00a0\n', 'a: -\n', 'a: [- x]\n', `${'k'.repeat(2_000)}: 1\n`
]

t.test('it steps aside for everything else', async (t) => {
  for (const text of UNSURE) t.equal(readPlainYaml(text), undefined, JSON.stringify(text))
})

t.test('the packaged file is read quickly, and the same', async (t) => {
  const text = readFileSync(packagedPath, 'utf8')
  t.ok(readPlainYaml(text))
  t.same(readPlainYaml(text), full(text))
})

/** Text that is almost always near the border between what the quick reader takes and what it must leave. */
const word = fc.constantFrom(
  'a', 'b2', '-1', '2.50', '1e-7', 'x y', 'true', '~', 'null', '"q"', '"q: #"', '\'s\'', 'a:b', 'a#b', 'c # d', '{}', '[]',
  '{ k: v }', '{k: v, l: [1, 2]}', '[x, y z, "t"]', '[a, ]', '- x', '-', '', ':', '#', 'a: b', '&x 1', '*x', '|', '>', '!t v', '%', '@',
  'http://h/p', '"', '{', ']', ',', '?', 'é', '\t', '"\\n"', '...', '---', '<<', '0x1f', '.5', 'k:', '[a:1]', '{a:1}', '"a" b', '[a] b'
)
const line = fc.tuple(
  fc.constantFrom('', '  ', '    ', '      ', ' ', '  - ', '- ', '    - '),
  fc.constantFrom('', 'k: ', 'm: ', 'long-key.x/y: ', '"k": ', 'k:', '3: ', 'n : ', '~: '),
  word,
  fc.constantFrom('', '', '', ' # c', ' ')
).map((parts) => parts.join(''))
const file = fc.tuple(fc.array(line, { maxLength: 7 }), fc.constantFrom('\n', '\n', '\r\n'), fc.boolean())
  .map(([lines, end, isEnded]) => lines.join(end) + (isEnded ? end : ''))

t.test('on made-up files it says the same as the full parser, or nothing', async (t) => {
  let taken = 0
  fc.assert(fc.property(file, (text) => {
    const quick = readPlainYaml(text)
    if (quick === undefined) return
    taken++
    const expected = full(text)
    if (JSON.stringify(quick) !== JSON.stringify(expected)) {
      throw new Error(`${JSON.stringify(text)}\nquick ${JSON.stringify(quick)}\nfull  ${JSON.stringify(expected)}`)
    }
  }), { numRuns: 20_000, seed: 20_261_121 })
  t.ok(taken > 500, `${taken} files were taken by the quick reader`)
})
