import t from 'tap'
import fc from 'fast-check'
import { readJsonObject } from '../../src/core/json.ts'
import { editMembers, splice } from '../../src/core/json-edit.ts'

function edit (text: string, changes: Record<string, string | undefined>): string {
  const bytes = Buffer.from(text)
  return splice(bytes, editMembers(bytes, bytes.indexOf('{'), new Map(Object.entries(changes)))).toString()
}

t.test('a replaced value leaves every other byte alone', async (t) => {
  t.equal(edit('{ "n":1e400 ,"model" : "a", "x":[ 1.50,-0 ] }', { model: '"b"' }),
    '{ "n":1e400 ,"model" : "b", "x":[ 1.50,-0 ] }')
})

t.test('removal takes exactly one comma, at the start, in the middle, at the end, and all', async (t) => {
  t.equal(edit('{"a":1,"b":2,"c":3}', { a: undefined }), '{"b":2,"c":3}')
  t.equal(edit('{"a":1,"b":2,"c":3}', { b: undefined }), '{"a":1,"c":3}')
  t.equal(edit('{"a":1,"b":2,"c":3}', { c: undefined }), '{"a":1,"b":2}')
  t.equal(edit('{"a":1,"b":2,"c":3}', { a: undefined, b: undefined }), '{"c":3}')
  t.equal(edit('{"a":1, "b":2 }', { a: undefined, b: undefined }), '{}')
})

t.test('insertion comes last and needs no comma in an empty object', async (t) => {
  t.equal(edit('{"a":1}', { x: 'true' }), '{"a":1,"x":true}')
  t.equal(edit('{}', { x: '1', y: '2' }), '{"x":1,"y":2}')
  t.equal(edit('{"a":1}', { a: undefined, x: '1' }), '{"x":1}')
})

t.test('without changes the same buffer comes back', async (t) => {
  const bytes = Buffer.from('{"a":1}')
  t.equal(splice(bytes, editMembers(bytes, 0, new Map([['b', undefined]]))), bytes)
})

t.test('any set of changes gives the object that the changes describe', async (t) => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const change = fc.option(fc.jsonValue(), { nil: undefined })
  fc.assert(fc.property(fc.dictionary(name, fc.jsonValue()), fc.dictionary(name, change), fc.constantFrom(0, 2),
    (value, changes, indent) => {
      const expected: Record<string, unknown> = JSON.parse(JSON.stringify(value))
      const texts: Record<string, string | undefined> = {}
      for (const [member, next] of Object.entries(changes)) {
        texts[member] = next === undefined ? undefined : JSON.stringify(next)
        if (next === undefined) delete expected[member]
        else expected[member] = JSON.parse(JSON.stringify(next))
      }
      const edited = edit(JSON.stringify(value, null, indent), texts)
      t.same(readJsonObject(Buffer.from(edited)).value, expected)
    }), { numRuns: 1_000 })
})
