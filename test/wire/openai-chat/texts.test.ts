// The words of requests and answers: which there are, and whether they are all there is.

import t from 'tap'
import type { Task } from '../../../src/core/ask.ts'
import { readJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts'
import { readAnswerTexts, readTexts } from '../../../src/wire/openai-chat/texts.ts'

function read (members: JsonObject, task: Task = 'chat') {
  return readTexts(readJsonObject(Buffer.from(JSON.stringify({ model: 'm', ...members }))), task)
}

const SAID: JsonObject[] = [{ role: 'system', content: 'Be brief.' }, { role: 'user', name: 'ann', content: [{ type: 'text', text: 'Hi' }] }]

t.test('the words of a chat are those of its messages, with their roles and names', async (t) => {
  t.same(read({ messages: SAID, temperature: 1, max_tokens: 9, stop: null, tools: [] }), {
    texts: ['system', 'Be brief.', 'user', 'ann', 'Hi'], messages: 2, names: 1, isAll: true
  })
})

t.test('what else reaches the model, or is billed, is told', async (t) => {
  const cases: ReadonlyArray<readonly [name: string, members: JsonObject]> = [
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['a schema', { response_format: { type: 'json_schema' } }],
    ['a prediction', { prediction: { type: 'content', content: 'x' } }],
    ['words it stops at', { stop: ['x'] }],
    ['a service tier', { service_tier: 'priority' }],
    ['something of tomorrow', { surprise: 1 }],
    ['a search', { web_search_options: { search_context_size: 'low' } }]
  ]
  for (const [name, members] of cases) t.equal(read({ messages: SAID, ...members })?.isAll, false, name)
  const messages: ReadonlyArray<readonly [name: string, message: JsonObject]> = [
    ['an image', { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/b' } }] }],
    ['a call of a tool', { role: 'assistant', content: null, tool_calls: [{ id: 'c' }] }],
    ['its result', { role: 'tool', tool_call_id: 'c', content: 'x' }],
    ['nothing', { role: 'user', content: null }],
    ['a refusal', { role: 'assistant', content: 'x', refusal: 'no' }]
  ]
  for (const [name, message] of messages) t.equal(read({ messages: [...SAID, message] })?.isAll, false, name)
  t.match(read({ messages: SAID, tools: [{ type: 'function' }] })?.texts.at(-1), /"function"/, 'tools are words to an estimate')
})

t.test('an embedding is its texts, a completion its prompts', async (t) => {
  t.same(read({ input: ['a', 'b'] }, 'embedding'), { texts: ['a', 'b'], messages: 0, names: 0, isAll: true })
  t.equal(read({ input: 'a' }, 'embedding')?.isAll, true)
  t.equal(read({ input: ['a', { image: 'x' }] }, 'embedding')?.isAll, false)
  t.equal(read({ input: [1, 2] }, 'embedding'), undefined)
  t.same(read({ prompt: 'a' }, 'completion'), { texts: ['a'], messages: 0, names: 0, isAll: false })
  t.equal(read({ input: 'a' }, 'speech'), undefined)
  t.equal(read({ messages: 'x' }), undefined)
})

function answered (...choices: JsonObject[]): readonly string[] | undefined {
  return readAnswerTexts({ bytes: Buffer.alloc(0), value: { choices }, task: 'chat' })
}

function choice (message: JsonObject, finish: JsonValue = 'stop'): JsonObject {
  return { index: 0, message: { role: 'assistant', refusal: null, ...message }, finish_reason: finish }
}

t.test('an answer of nothing but words gives them by choice', async (t) => {
  t.same(answered(choice({ content: 'a' }), choice({ content: '', annotations: [] }, 'length')), ['a', ''])
})

t.test('an answer with more than words, or without a plain end, gives none', async (t) => {
  const cases: ReadonlyArray<readonly [name: string, choice: JsonObject]> = [
    ['no words', choice({ content: null })],
    ['a call', choice({ content: 'a', tool_calls: [{ id: 'c' }] })],
    ['thoughts', choice({ content: 'a', reasoning_content: 'hm' })],
    ['a refusal', choice({ content: 'a', refusal: 'no' })],
    ['held back', choice({ content: 'a' }, 'content_filter')],
    ['no end', choice({ content: 'a' }, null)],
    ['no message', { index: 0, finish_reason: 'stop' }]
  ]
  for (const [name, one] of cases) t.equal(answered(choice({ content: 'a' }), one), undefined, name)
  t.equal(answered(), undefined)
})
