import t from 'tap'
import fc from 'fast-check'
import { JsonError, membersOf, readJsonObject } from '../../src/core/json.ts'

const read = (text: string) => readJsonObject(Buffer.from(text))

t.test('every member is found where it is, whatever the spelling of the rest', async (t) => {
  const anyJson = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 })
  const spaces = fc.constantFrom(0, 1, 2, '\t')
  fc.assert(fc.property(anyJson, spaces, (value, indent) => {
    if (Object.hasOwn(value, '__proto__')) return
    const text = JSON.stringify(value, null, indent)
    const bytes = Buffer.from(text)
    const { members } = readJsonObject(bytes)
    t.same(members.map(({ name }) => name), Object.keys(JSON.parse(text)))
    for (const { name, valueStart, valueEnd } of members) {
      const found = JSON.parse(bytes.toString('utf8', valueStart, valueEnd))
      t.same(JSON.stringify(found), JSON.stringify(JSON.parse(text)[name]))
    }
  }), { numRuns: 500 })
})

t.test('what JSON.parse refuses is refused, and no text of the body is in the message', async (t) => {
  const secret = 'sk-canary'
  for (const text of ['', ' ', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,}', '{a:1}', '{"a" 1}', '{"a":01}', '{"a":tru}',
    '{"a":"\\x"}', '{"a":"\n"}', '{"a":1}x', '[]', '"text"', '7', 'null', `{"a":"${secret}", oops}`, '{"a":"b"']) {
    try {
      read(text)
      t.fail(`${text} was accepted`)
    } catch (error) {
      t.ok(error instanceof JsonError, text)
      t.notMatch((error as Error).message, secret)
    }
  }
})

t.test('invalid UTF-8, duplicate members and __proto__ are refused', async (t) => {
  t.throws(() => readJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), /UTF-8/)
  t.throws(() => read('{"model":"a","model":"b"}'), /twice/)
  t.throws(() => read('{"model":"a","mod\\u0065l":"b"}'), /twice/)
  t.throws(() => read('{"__proto__":{}}'), /__proto__/)
})

t.test('depth is bounded before anything is parsed', async (t) => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  t.doesNotThrow(() => read(nested(127)))
  t.throws(() => read(nested(128)), /nested deeper/)
  t.throws(() => read(nested(1_000_000)), /nested deeper/)
})

t.test('a string of any length with any escapes ends where it ends', async (t) => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), fc.nat(200), (text, padding) => {
    const value = { a: '\\'.repeat(padding) + text + '"'.repeat(padding % 3), b: 1 }
    const bytes = Buffer.from(JSON.stringify(value))
    const [a] = membersOf(bytes, 0)
    t.equal(bytes.toString('utf8', a?.valueStart, a?.valueEnd), JSON.stringify(value.a))
  }), { numRuns: 500 })
})
