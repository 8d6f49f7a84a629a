// What a Responses request is as a chat: golden pairs, what is refused, and what is named as lost.

import t from 'tap'
import { GatewayError } from '../../src/core/errors.ts'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { interpret } from '../../src/wire/openai-responses/request.ts'
import { seal } from '../../src/wire/openai-responses/sealed.ts'

const DETAILS = [{ type: 'reasoning.text', text: 'Hm', signature: 's', index: 0 }]
const call = (id: string, name = 'f', input = '{}') => ({ type: 'function_call', call_id: id, name, arguments: input })
const told = (id: string, name = 'f', input = '{}') => ({ id, type: 'function', function: { name, arguments: input } })
const result = (id: string, output: JsonValue) => ({ type: 'function_call_output', call_id: id, output })
const user = (content: JsonValue) => ({ role: 'user', content })

/** Input items, and the messages they become. */
const ITEMS: ReadonlyArray<readonly [name: string, input: JsonValue, messages: JsonObject[]]> = [
  ['a text', 'Hi', [user('Hi')]],
  ['roles', [{ role: 'developer', content: 'D' }, { type: 'message', role: 'system', content: 'S' }, user('U')],
    [{ role: 'developer', content: 'D' }, { role: 'system', content: 'S' }, user('U')]],
  ['parts', [user([
    { type: 'input_text', text: 'a', cache_control: { type: 'ephemeral' } }, { type: 'input_image', image_url: 'data:x', detail: 'low' },
    { type: 'input_file', filename: 'f.pdf', file_url: 'https://a.example' }, { type: 'input_audio', input_audio: { data: 'A', format: 'wav' } },
    { type: 'input_video', video_url: 'https://v.example' }
  ])], [user([
    { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }, { type: 'image_url', image_url: { url: 'data:x', detail: 'low' } },
    { type: 'file', file: { filename: 'f.pdf', file_data: 'https://a.example' } },
    { type: 'input_audio', input_audio: { data: 'A', format: 'wav' } }, { type: 'video_url', video_url: { url: 'https://v.example' } }
  ])]],
  ['an answer with its calls', [
    { type: 'message', role: 'assistant', id: 'm', status: 'completed', content: [{ type: 'output_text', text: 'a', annotations: [] }] },
    call('1'), call('2'), result('1', 'x'), result('2', [{ type: 'input_text', text: 'y' }]), user('b')
  ], [
    { role: 'assistant', content: 'a', tool_calls: [told('1'), told('2')] },
    { role: 'tool', tool_call_id: '1', content: 'x' }, { role: 'tool', tool_call_id: '2', content: 'y' }, user('b')
  ]],
  ['two answers', [{ role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }],
    [{ role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }]],
  ['a refusal', [{ role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }],
    [{ role: 'assistant', content: null, refusal: 'No.' }]],
  ['reasoning of ours, sealed', [{ type: 'reasoning', id: 'r', summary: [], encrypted_content: seal(DETAILS) }, call('1'), result('1', '')],
    [{ role: 'assistant', content: null, reasoning_details: DETAILS, tool_calls: [told('1')] }, { role: 'tool', tool_call_id: '1', content: '' }]],
  ['reasoning in words', [{ type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'Hm' }] }, { role: 'assistant', content: 'a' }],
    [{ role: 'assistant', content: 'a', reasoning: 'Hm' }]],
  ['a custom tool', [
    { type: 'custom_tool_call', call_id: '1', name: 'patch', input: 'a "b"' }, { type: 'custom_tool_call_output', call_id: '1', output: 'ok' }
  ], [
    { role: 'assistant', content: null, tool_calls: [told('1', 'patch', '{"input":"a \\"b\\""}')] },
    { role: 'tool', tool_call_id: '1', content: 'ok' }
  ]],
  ['a namespace', [{ ...call('1'), namespace: 'mcp' }], [{ role: 'assistant', content: null, tool_calls: [told('1', 'mcp__f')] }]],
  ['an image from a tool', [call('1'), call('2'), result('1', [{ type: 'input_image', image_url: 'data:x' }]), result('2', 'y')], [
    { role: 'assistant', content: null, tool_calls: [told('1'), told('2')] },
    { role: 'tool', tool_call_id: '1', content: '(The result follows in the next message.)' },
    { role: 'tool', tool_call_id: '2', content: 'y' },
    user([{ type: 'image_url', image_url: { url: 'data:x' } }])
  ]]
]

t.test('items become messages', async (t) => {
  for (const [name, input, messages] of ITEMS) {
    t.strictSame(interpret({ model: 'm', input }).chat, { model: 'm', messages }, name)
  }
})

const FUNCTION = { type: 'function', name: 'f' }
const MEMBERS: ReadonlyArray<readonly [asked: JsonObject, chat: JsonObject]> = [
  [{ max_output_tokens: 5, temperature: 0, top_p: null }, { max_completion_tokens: 5, temperature: 0 }],
  [{ text: { format: { type: 'json_schema', name: 'n', schema: {}, strict: true, description: null }, verbosity: 'low' } },
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, strict: true } }, verbosity: 'low' }],
  [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
  [{ text: { format: { type: 'text' } } }, {}],
  [{ reasoning: { effort: 'high', summary: null } }, { reasoning: { effort: 'high' } }],
  [{ models: ['m', 'n'], provider: { order: ['a'] }, session_id: 's', top_k: 4 },
    { models: ['m', 'n'], provider: { order: ['a'] }, session_id: 's', top_k: 4 }],
  [{ truncation: 'auto' }, { plugins: [{ id: 'context-compression', enabled: true }] }],
  [{ tools: [FUNCTION], tool_choice: 'required' }, { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'required' }],
  [{ tools: [FUNCTION, { ...FUNCTION, name: 'g' }], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'g' }] } },
    { tools: [{ type: 'function', function: { name: 'g' } }], tool_choice: 'auto' }],
  [{ tools: [{ type: 'namespace', name: 'mcp', description: '', tools: [FUNCTION] }] }, { tools: [{ type: 'function', function: { name: 'mcp__f' } }] }],
  [{ tools: [{ type: 'web_search', filters: { allowed_domains: ['a'] } }] }, { plugins: [{ id: 'web', include_domains: ['a'] }] }],
  [{ tool_choice: 'auto', include: [], store: null, stream: false }, { stream: false }]
]

t.test('members become members of a chat', async (t) => {
  for (const [asked, chat] of MEMBERS) {
    t.strictSame(interpret({ model: 'm', input: 'Hi', ...asked }).chat, { model: 'm', ...chat, messages: [user('Hi')] }, JSON.stringify(asked))
  }
})

const WRONG: ReadonlyArray<readonly [path: string, asked: JsonObject]> = [
  ['input', { input: [] }], ['input', { input: [{ type: 'web_search_call' }] }], ['input', { input: null }], ['input', { input: 7 }], ['input.0', { input: [7] }], ['input.0.type', { input: [{}] }],
  ['input.0.type', { input: [{ type: 'compaction', encrypted_content: 'x' }] }],
  ['input.0.role', { input: [{ role: 'tool', content: 'a' }] }],
  ['input.0.content', { input: [{ role: 'user' }] }],
  ['input.0.content.1.type', { input: [user([{ type: 'input_text', text: 'a' }, { type: 'nothing' }])] }],
  ['input.0.content.0.text', { input: [user([{ type: 'input_text', text: {} }])] }],
  ['input.0.content.0.file_id', { input: [user([{ type: 'input_image', file_id: 'f' }])] }],
  ['input.0.content.0.type', { input: [user([{ type: '__proto__' }])] }],
  ['input.0.call_id', { input: [{ type: 'function_call_output', output: '' }] }],
  ['input.0.arguments', { input: [{ type: 'function_call', call_id: 'a', name: 'f' }] }],
  ['input.0.summary.0.text', { input: [{ type: 'reasoning', summary: [{}] }] }],
  ['instructions', { instructions: [] }], ['metadata.a', { metadata: { a: 1 } }], ['temperature', { temperature: '1' }],
  ['max_output_tokens', { max_output_tokens: -1 }], ['stream', { stream: 'yes' }], ['include.0', { include: [1] }],
  ['text.format.type', { text: { format: { type: 'grammar' } } }], ['text.format.schema', { text: { format: { type: 'json_schema', name: 'n' } } }],
  ['tools', { tools: {} }], ['tools.0.type', { tools: [{ type: 'code_interpreter' }] }], ['tools.0.name', { tools: [{ type: 'function' }] }],
  ['tools.0.tools.0.type', { tools: [{ type: 'namespace', name: 'a', tools: [{ type: 'namespace' }] }] }],
  ['tools.0.name', { tools: [{ type: 'function', name: 'x'.repeat(65) }] }],
  ['tool_choice', { tool_choice: 'maybe' }], ['tool_choice.type', { tool_choice: { type: 'mcp' } }], ['n', { n: 2 }],
  ['reasoning.effort', { reasoning: { effort: 3 } }], ['truncation', { truncation: 'some' }]
]

t.test('what is wrong is refused by its path', async (t) => {
  for (const [path, asked] of WRONG) {
    try {
      interpret({ model: 'm', input: 'Hi', ...asked })
      t.fail(path)
    } catch (error) {
      t.ok(error instanceof GatewayError, path)
      t.match(error, { status: 400, extras: { param: path } })
    }
  }
})

t.test('what a chat has no place for is named, up to a limit', async (t) => {
  const custom = { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } }
  const { chat, losses } = interpret({
    model: 'm',
    tools: [custom],
    include: ['reasoning.encrypted_content', 'file_search_call.results'],
    client_metadata: { a: 'b' },
    input: [{ type: 'reasoning', summary: [], encrypted_content: 'gAAAA' }, { type: 'web_search_call', id: 'w' }, user('Hi')]
  })
  t.strictSame(losses, ['client_metadata', 'tools.0.format', 'input.0.encrypted_content', 'input.1 (web_search_call)', 'include.1'])
  t.match(chat, { messages: [user('Hi')], tools: [{ function: { name: 'patch', description: /start: "x"/, parameters: { required: ['input'] } } }] })
  t.notOk('client_metadata' in chat)
  const many = Array.from({ length: 1_000 }, () => ({ type: 'web_search_call' }))
  t.equal(interpret({ model: 'm', input: [...many, user('Hi')] }).losses.length, 16)
})

t.test('a message of very many parts is read', async (t) => {
  const parts = Array.from({ length: 160_000 }, () => ({ type: 'output_text', text: 'a' }))
  const { chat } = interpret({ model: 'm', input: [{ role: 'assistant', content: parts }, call('1'), result('1', parts)] })
  const [assistant, tool] = chat['messages'] as JsonObject[]
  for (const message of [assistant, tool]) t.equal(String(message?.['content']).length, 160_000)
})

t.test('a seal that was broken is a foreign one', async (t) => {
  for (const broken of ['aibroker1.', 'aibroker1.e30', `${seal(DETAILS).slice(0, 20)}`, seal([7 as never])]) {
    const { losses } = interpret({ model: 'm', input: [{ type: 'reasoning', summary: [], encrypted_content: broken }, user('Hi')] })
    t.strictSame(losses, ['input.0.encrypted_content'], broken)
  }
})
