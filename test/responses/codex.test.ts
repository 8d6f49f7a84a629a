// A coding agent's talk: instructions and items, no state, reasoning that comes back, streamed over two requests.

import t from 'tap'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { chunks, DONE, piece, USAGE_FRAME, WELL } from '../openrouter/scene.ts'
import { openrouterResponses, responsesScene, typesOf } from './scene.ts'

const DETAILS = [
  { type: 'reasoning.text', text: 'Look first.', signature: 'sig+/=', format: 'anthropic-claude-v1', index: 0 },
  { type: 'reasoning.encrypted', data: 'AAEC', id: 'd', format: 'anthropic-claude-v1', index: 1 }
]
const PATCH = '*** Begin Patch\n+a "b"\n'
const CALLS = [
  { index: 0, id: 'call_1', type: 'function', function: { name: 'shell', arguments: '{"command":["ls"]}' } },
  { index: 1, id: 'call_2', type: 'function', function: { name: 'apply_patch', arguments: JSON.stringify({ input: PATCH }) } }
]
const ASKED: JsonObject = {
  instructions: 'You are a coding agent.',
  tools: [
    { type: 'function', name: 'shell', description: 'Runs.', strict: false, parameters: { type: 'object', properties: {} } },
    { type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } }
  ],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: { effort: 'medium', summary: 'auto' },
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'k'
}
const QUESTION = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'What is here?' }] }
const CALLING = chunks(
  piece({ reasoning: 'Look first.', reasoning_details: [DETAILS[0] as JsonObject] }), piece({ reasoning_details: [DETAILS[1] as JsonObject] }),
  piece({ content: 'I look.' }), ...CALLS.map((call) => piece({ tool_calls: [call] })), piece({}, 'tool_calls'), USAGE_FRAME, DONE)

/** The items an agent keeps: those told as done, without what it does not send back. */
function itemsIn (values: readonly JsonObject[]): JsonObject[] {
  return values.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => {
    const { id: _, status, content, ...kept } = asObject(item) ?? {}
    return kept['type'] === 'message' ? { ...kept, content: content ?? [] } : kept
  })
}

const RESULTS = [
  { type: 'function_call_output', call_id: 'call_1', output: 'README.md' },
  { type: 'custom_tool_call_output', call_id: 'call_2', output: 'Done.' }
]

t.test('what was thought and called goes back whole, to OpenRouter as it was signed', async (t) => {
  let asked = 0
  const { stream, upstream } = await openrouterResponses(t, (call) => (asked++ === 0 ? CALLING : WELL)(call))
  const first = await stream({ ...ASKED, input: [QUESTION] })
  const items = itemsIn(first.values)
  t.strictSame(items.map(({ type }) => type), ['reasoning', 'message', 'function_call', 'custom_tool_call'])
  t.match(items, [{ summary: [{ text: 'Look first.' }] }, {}, { arguments: '{"command":["ls"]}' }, { input: PATCH }])
  const second = await stream({ ...ASKED, input: [QUESTION, ...items, ...RESULTS] })
  t.equal(second.response.status, 200)
  t.equal(typesOf(second.values).at(-1), 'response.completed')
  t.strictSame(upstream.requests[1]?.json()['messages'], [
    { role: 'system', content: 'You are a coding agent.' },
    { role: 'user', content: 'What is here?' },
    {
      role: 'assistant',
      content: 'I look.',
      reasoning_details: DETAILS,
      tool_calls: CALLS.map(({ index: _, ...call }) => call)
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'README.md' },
    { role: 'tool', tool_call_id: 'call_2', content: 'Done.' }
  ])
  t.match(second.response.headers.get('x-aibroker-loss'), 'tools.1.format')
})

t.test('another server gets what every server reads', async (t) => {
  let asked = 0
  const { stream, sent } = await responsesScene(t, (call) => (asked++ === 0 ? CALLING : WELL)(call))
  const items = itemsIn((await stream({ ...ASKED, input: [QUESTION] })).values)
  await stream({ ...ASKED, input: [QUESTION, ...items, ...RESULTS] })
  const [, , assistant] = sent()['messages'] as JsonObject[]
  t.strictSame(Object.keys(assistant ?? {}).sort(), ['content', 'role', 'tool_calls'])
  for (const name of ['include', 'store', 'instructions', 'input', 'reasoning']) t.notOk(name in sent(), name)
})
