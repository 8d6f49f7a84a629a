import t from 'tap'
import { cutNulls } from '../../src/wire/null-members.ts'

t.test('rejected nulls go with one comma, wherever they stand and however they are spaced', async (t) => {
  t.equal(cutNulls('{"a":1,"usage":null}'), '{"a":1}')
  t.equal(cutNulls('{"usage":null,"a":1}'), '{"a":1}')
  t.equal(cutNulls('{"a":1, "usage" : null , "b":2}'), '{"a":1 , "b":2}')
  t.equal(cutNulls('{"delta":{"role":null}}'), '{"delta":{}}')
  t.equal(cutNulls('{"delta":{"role":null,"tool_calls":null}}'), '{"delta":{}}')
  t.equal(cutNulls('{"delta":{"tool_calls":null,"content":"x","reasoning_details":null}}'), '{"delta":{"content":"x"}}')
})

t.test('other nulls, and nulls in text, stay', async (t) => {
  for (const text of [
    '{"finish_reason":null,"logprobs":null,"content":null}',
    String.raw`{"content":"say \"usage\":null, please"}`,
    String.raw`{"arguments":"{\"role\":null,\"usage\":null}"}`,
    '{"content":"null"}', 'null', '[null,null]'
  ]) t.equal(cutNulls(text), text)
})

t.test('what is left is the same object without those members', async (t) => {
  const chunk = {
    id: 'x', system_fingerprint: null, choices: [{ index: 0, delta: { role: null, content: 'null, "usage":null' }, finish_reason: null }], usage: null
  }
  for (const indent of [0, 1]) {
    const left = JSON.parse(cutNulls(JSON.stringify(chunk, null, indent).replaceAll('\n', '')))
    t.strictSame(left, { id: 'x', choices: [{ index: 0, delta: { content: 'null, "usage":null' }, finish_reason: null }] })
  }
})
