import t from 'tap'
import fc from 'fast-check'
import { JsonError, membersOf, readJsonObject } from '../../src/core/json.ts'

const areApart = (names: string[]) =>
  new Set(names.map((name) => name.toUpperCase().toLowerCase())).size === names.length
const read = (text: string) => readJsonObject(Buffer.from(text))

t.test('every member is found where it is, whatever the spelling of the rest', async (t) => {
  const anyJson = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 })
  const spaces = fc.constantFrom(0, 1, 2, '\t')
  fc.assert(fc.property(anyJson, spaces, (value, indent) => {
    if (Object.hasOwn(value, '__proto__') || !areApart(Object.keys(value))) return
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

t.test('members that differ only in case are refused: servers in Go take one for the other', async (t) => {
  for (const [first, second] of [
    ['model', 'Model'], ['Max_Tokens', 'max_tokens'], ['STREAM', 'Stream'], ['stream', '\u017ftream'],
    ['max_tokens', 'max_to\u212aens'], ['model', '\\u004dodel'], ['MODEL', 'model']
  ]) t.throws(() => read(`{"${first}":"a","${second}":"b"}`), /twice, in this or another case/)
  t.same(read('{"Model":"a","input":[{"a":1,"A":2}]}').value, { Model: 'a', input: [{ a: 1, A: 2 }] })
})

t.test('the number of values is bounded before anything is parsed', async (t) => {
  const list = (item: string, count: number) => `{"a":[${`${item},`.repeat(count - 1)}${item}]}`
  t.equal((read(list('1', 499_998)).value['a'] as unknown[]).length, 499_998)
  // Not even JSON: nothing but the count can have refused it.
  for (const item of ['1', '{}', '[]', '""', '{"b":0}', 'oops']) {
    t.throws(() => read(list(item, 500_001)), { constructor: JsonError, message: 'it has more than 500000 values' }, item)
  }
  const half = '7,'.repeat(300_000)
  t.throws(() => read(`{"a":[${half}7],"b":[${half}7]}`), /more than 500000 values/, 'all members together')
  t.throws(() => read(`{${'"a":1,'.repeat(500_001)}"a":1}`), /more than 500000 values/, 'members')
  t.doesNotThrow(() => read(`{"a":"${'[,'.repeat(1_000_000)}"}`), 'text is no structure')
})

t.test('answers may have any number of values', async (t) => {
  const bytes = Buffer.from(`{"data":[${'0.1,'.repeat(600_000)}0.1]}`)
  t.equal(membersOf(bytes, 0)[0]?.valueEnd, bytes.length - 1)
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

t.test('a member is known by its own name, whatever order JavaScript gives them', async (t) => {
  const texts = [
    '{"b":1,"10":2,"a":3,"2":4}', '{"Model":1,"model_2":2}', '{"\\u0061":1,"b":2}', '{"ä":1,"a":2}', '{"":1,"x":2}',
    '{"toString":1,"constructor":2,"a":3}', '{"x9":1,"9x":2,"_":3}'
  ]
  for (const text of texts) {
    const bytes = Buffer.from(text)
    const { members, value } = readJsonObject(bytes)
    t.equal(members.length, Object.keys(value).length)
    for (const { name, valueStart, valueEnd } of members) {
      t.equal(JSON.parse(bytes.toString('utf8', valueStart, valueEnd)), value[name], `${text}: ${name}`)
    }
  }
})

t.test('a name is there twice also when it is spelled in another way', async (t) => {
  for (const text of ['{"model":1,"mod\\u0065l":2}', '{"1":1,"\\u0031":2}', '{"a":1,"a":2}', '{"A":1,"a":2}']) {
    t.throws(() => readJsonObject(Buffer.from(text)), /there twice/, text)
  }
})
