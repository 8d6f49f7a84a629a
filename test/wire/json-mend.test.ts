// JSON as models write it, made JSON.

import t from 'tap'
import { mendJson } from '../../src/wire/json-mend.ts'

t.test('what is JSON already is the same text', async (t) => {
  for (const text of ['{"a":1}', ' [1, 2]\n', '"{a:1}"', '1.50']) t.equal(mendJson(text), text)
})

const MENDED: ReadonlyArray<readonly [text: string, value: unknown]> = [
  ['```json\n{"a": 1}\n```', { a: 1 }],
  ['Sure:\n```\n[1, 2,]\n```', [1, 2]],
  ['The answer [1] is {"a": [1, 2], "b": {}} as you see.', { a: [1, 2], b: {} }],
  ['{"a": 1,}', { a: 1 }],
  ['{a: 1, b_2: "x"}', { a: 1, b_2: 'x' }],
  ["{'a': 'it\\'s \"so\"'}", { a: 'it\'s "so"' }],
  ['{"a": True, "b": None}', { a: true, b: null }],
  ['{"a": "two\nlines"}', { a: 'two\nlines' }],
  ['{"a": {"b": [1, 2', { a: { b: [1, 2] } }],
  ['{"a": "}"} ', { a: '}' }],
  ['x {"a": "say \\"{\\" now", }', { a: 'say "{" now' }]
]

t.test('fences, words around, commas, names, quotes and closing brackets are put right', async (t) => {
  for (const [text, value] of MENDED) t.strictSame(JSON.parse(mendJson(text) ?? 'null'), value, text)
})

t.test('numbers are written as they were', async (t) => {
  t.match(mendJson('{a: 1.50, b: 12345678901234567890,}'), /1\.50.*12345678901234567890/)
})

t.test('what broke off within a value, or is no JSON at all, is left alone', async (t) => {
  const lost = ['{"a": "unfinished', '{"a":', '{"a": 1,', '{"a"', 'no brackets', '{a b}', '[1 2]', '{"a": undefined}', '']
  for (const text of lost) t.equal(mendJson(text), undefined, text)
})

t.test('long and deep texts take a moment and no more', async (t) => {
  const deep = '['.repeat(100_000)
  const prose = '{ '.repeat(100_000)
  const long = `{"a": "${'x'.repeat(3_000_000)}",}`
  const startedMs = performance.now()
  t.equal(mendJson(deep), undefined)
  t.equal(mendJson(prose), undefined)
  t.strictSame(JSON.parse(mendJson(long) ?? 'null'), { a: 'x'.repeat(3_000_000) })
  t.ok(performance.now() - startedMs < 5_000)
})
