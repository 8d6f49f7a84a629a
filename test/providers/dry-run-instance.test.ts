// The smallest instance of a schema, by example, and schemas that were written to hurt.

import t from 'tap'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { instanceOf } from '../../src/providers/dry-run/instance.ts'

const CASES: ReadonlyArray<readonly [schema: JsonValue, instance: JsonValue]> = [
  [{ type: 'string' }, '[dry run]'],
  [{ type: 'string', maxLength: 3 }, '[dr'],
  [{ type: 'string', minLength: 12 }, '[dry run]...'],
  [{ type: 'string', format: 'date' }, '1970-01-01'],
  [{ enum: ['a', 'b'] }, 'a'],
  [{ enum: [null, 'b'] }, null],
  [{ const: 7 }, 7],
  [{ type: 'boolean' }, false],
  [{ type: 'null' }, null],
  [{ type: ['null', 'string'] }, '[dry run]'],
  [{ type: 'integer' }, 0],
  [{ type: 'integer', minimum: 3 }, 3],
  [{ type: 'integer', minimum: 2.5 }, 3],
  [{ type: 'integer', maximum: -2 }, -2],
  [{ type: 'integer', exclusiveMinimum: 3 }, 4],
  [{ type: 'integer', exclusiveMinimum: 0.5, maximum: 1 }, 1],
  [{ type: 'integer', exclusiveMaximum: 0 }, -1],
  [{ type: 'integer', minimum: 7, multipleOf: 5 }, 10],
  [{ type: 'number', minimum: 0.25 }, 0.25],
  [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
  [{ type: 'array', items: { type: 'string' } }, []],
  [{ type: 'array', items: { type: 'boolean' }, minItems: 2 }, [false, false]],
  [{ prefixItems: [{ const: 1 }], items: { const: 2 }, minItems: 3 }, [1, 2, 2]],
  [{ type: 'object', properties: { a: { type: 'string' }, b: { const: 1 } }, required: ['b'] }, { b: 1 }],
  [{ allOf: [{ required: ['a'], properties: { a: { const: 1 } } }, { required: ['b'], properties: { b: { const: 2 } } }] },
    { a: 1, b: 2 }],
  [{ anyOf: [{ const: null }, { const: 1 }] }, null],
  [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': { const: 1 } } }, 1],
  [{ type: 'object', required: ['__proto__', 'toString'] }, JSON.parse('{"__proto__":{},"toString":{}}')],
  [true, {}],
  [{}, {}]
]

for (const [schema, instance] of CASES) {
  t.test(`${JSON.stringify(schema)} accepts ${JSON.stringify(instance)}`, async (t) => {
    t.equal(JSON.stringify(instanceOf(schema)), JSON.stringify(instance))
  })
}

t.test('a list node ends where the schema lets it end', async (t) => {
  const node = {
    type: 'object',
    properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
    required: ['next']
  }
  t.same(instanceOf({ $ref: '#/$defs/node', $defs: { node } }), { next: null })
})

t.test('a schema that never ends is cut off', async (t) => {
  const schema = { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }
  t.match(JSON.stringify(instanceOf(schema)), /^(\{"a":){10,128}null\}+$/)
  t.equal(instanceOf({ $ref: '#' }), null)
})

t.test('a schema that doubles at every level stays small', async (t) => {
  const levels = Array.from({ length: 40 }, (_, level): [string, JsonObject] => [`l${level}`, {
    type: 'object',
    properties: { a: { $ref: `#/$defs/l${level + 1}` }, b: { $ref: `#/$defs/l${level + 1}` } },
    required: ['a', 'b']
  }])
  const text = JSON.stringify(instanceOf({ $ref: '#/$defs/l0', $defs: Object.fromEntries(levels) }))
  t.ok(text.length < 1_000_000)
})

t.test('sizes a schema asks for are capped', async (t) => {
  t.equal((instanceOf({ type: 'array', minItems: 1e9 }) as JsonValue[]).length, 64)
  t.equal((instanceOf({ type: 'string', minLength: 1e9 }) as string).length, 4096)
})
