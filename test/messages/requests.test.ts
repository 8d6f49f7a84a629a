// Requests in Anthropic's dialect as chats: a table of what each member becomes, and what is refused with its path.

import t from 'tap'
import { GatewayError } from '../../src/core/errors.ts'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { interpret } from '../../src/wire/anthropic/request.ts'
import { answered } from '../openrouter/scene.ts'
import { gateway, post } from '../helper.ts'
import { messagesScene, TURNS } from './messages-scene.ts'

const chatOf = (body: JsonObject) => {
  const { chat, losses } = interpret({ model: 'm', messages: TURNS, ...body })
  return { chat: JSON.parse(JSON.stringify(chat)) as JsonObject, losses }
}
const turn = (...content: JsonValue[]): JsonObject => ({ messages: [{ role: 'user', content }] })
const PNG = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }

type MemberRow = readonly [says: string, body: JsonObject, chat: JsonObject, losses?: readonly string[]]
const MEMBERS: readonly MemberRow[] = [
  ['stop_sequences', { stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
  ['more than four of them', { stop_sequences: ['a', 'b', 'c', 'd', 'e'] }, { stop: ['a', 'b', 'c', 'd'] }, ['stop_sequences']],
  ['thinking with a budget', { thinking: { type: 'enabled', budget_tokens: 2_000 } }, { reasoning: { max_tokens: 2_000 } }],
  ['thinking disabled', { thinking: { type: 'disabled' } }, { reasoning: { enabled: false } }],
  [
    'adaptive thinking with effort', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    { reasoning: { enabled: true, effort: 'low' } }
  ],
  ['effort alone', { output_config: { effort: 'max', task_budget: {} } }, { verbosity: 'max' }, ['output_config.task_budget']],
  [
    'a schema', { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
    { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { type: 'object' } } } }
  ],
  ['a tool by name', { tool_choice: { type: 'tool', name: 'f' } }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
  [
    'a long user', { metadata: { user_id: 'u'.repeat(65) } },
    { user: 'f20e249d15fa4b9f44ba21d154f62e1efa76ddfdce5d25139a33a4787cee5a8b' }
  ],
  ['standard_only', { service_tier: 'standard_only' }, { service_tier: 'default' }],
  ['speed', { speed: 'fast' }, { service_tier: 'fast' }],
  ['unknown members', { context_management: { edits: [] }, invented: 1 }, {}, ['context_management', 'invented']],
  ['a tool\'s unknown members', { tools: [{ name: 'f', defer_loading: true }] }, {
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]
  }, ['tools.defer_loading']]
]

for (const [says, body, chat, losses = []] of MEMBERS) {
  t.test(`${says} is told as a chat`, async (t) => {
    const told = chatOf(body)
    const { tools, ...expected } = chat
    t.hasStrict(told.chat, { model: 'm', messages: TURNS, ...expected, ...tools !== undefined && { tools } })
    t.strictSame(told.losses, losses)
  })
}

const TALKS: ReadonlyArray<readonly [says: string, body: JsonObject, messages: JsonValue]> = [
  ['an image', turn({ type: 'image', source: PNG }), [{ role: 'user', content: [IMAGE] }]],
  [
    'a PDF and a text',
    turn(
      { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'AA' } },
      { type: 'document', title: 'T', context: 'C', source: { type: 'text', media_type: 'text/plain', data: 'D' } }),
    [{
      role: 'user',
      content: [
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' } },
        { type: 'text', text: 'T\nC\nD' }
      ]
    }]
  ],
  [
    'results come first, their images behind them, errors say so',
    turn(
      { type: 'text', text: 'Well?' },
      { type: 'tool_result', tool_use_id: '1', content: [{ type: 'text', text: 'see' }, { type: 'image', source: PNG }] },
      { type: 'tool_result', tool_use_id: '2', content: 'no', is_error: true },
      { type: 'tool_result', tool_use_id: '3' }),
    [
      {
        role: 'tool',
        tool_call_id: '1',
        content: [{ type: 'text', text: 'see' }, { type: 'text', text: '[see attachment 1 in the next message]' }]
      },
      { role: 'tool', tool_call_id: '2', content: 'Error: no' },
      { role: 'tool', tool_call_id: '3', content: '' },
      { role: 'user', content: [{ type: 'text', text: 'Attachment 1, of the result of 1:' }, IMAGE, { type: 'text', text: 'Well?' }] }
    ]
  ],
  [
    'thoughts: signed ones as items, unsigned ones as words, ours without our mark',
    {
      messages: [{
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'a', signature: 'c2ln' }, { type: 'redacted_thinking', data: 'ZGF0YQ' },
          { type: 'thinking', thinking: 'b', signature: 'aibroker:' }, { type: 'text', text: 'c' },
          {
            type: 'thinking',
            thinking: 'd',
            signature: `aibroker:${Buffer.from('{"type":"reasoning.summary","id":"rs_1","format":"openai-responses-v1"}').toString('base64url')}`
          }
        ]
      }]
    },
    [{
      role: 'assistant',
      content: 'c',
      reasoning: 'b',
      reasoning_details: [
        { type: 'reasoning.text', text: 'a', signature: 'c2ln', format: 'anthropic-claude-v1' },
        { type: 'reasoning.encrypted', data: 'ZGF0YQ', format: 'anthropic-claude-v1' },
        { type: 'reasoning.summary', id: 'rs_1', format: 'openai-responses-v1', summary: 'd' }
      ]
    }]
  ]
]

for (const [says, body, messages] of TALKS) {
  t.test(`${says} stand in a chat's messages`, async (t) => {
    t.strictSame(chatOf(body).chat['messages'], messages)
  })
}

const REFUSED: ReadonlyArray<readonly [param: string, body: JsonObject]> = [
  ['messages', { messages: [] }],
  ['messages', { messages: 'Hi' }],
  ['messages.0', { messages: [null] }],
  ['messages.0.role', { messages: [{ role: 'tool', content: '' }] }],
  ['messages.0.content', { messages: [{ role: 'user', content: 7 }] }],
  ['messages.0.content.1.type', turn({ type: 'text', text: '' }, { type: 'poem' })],
  ['messages.0.content.0.source.type', turn({ type: 'image', source: { type: 'file', file_id: 'f' } })],
  ['messages.0.content.0.content.0.type', turn({ type: 'tool_result', tool_use_id: '1', content: [{ type: 'tool_use' }] })],
  ['messages.0.content.0.input', { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'f', input: 'x' }] }] }],
  ['system.0.type', { system: [{ type: 'image' }] }],
  ['max_tokens', { max_tokens: 0 }],
  ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: 1_000 } }],
  ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['tools.0.input_schema', { tools: [{ name: 'f', input_schema: [] }] }],
  ['tool_choice.type', { tool_choice: { type: 'constructor' } }],
  ['container', { container: 'c_1' }],
  ['mcp_servers', { mcp_servers: [{ url: 'x' }] }],
  ['inference_geo', { inference_geo: 'us' }],
  ['fallbacks.0.model', { fallbacks: [{}] }]
]

for (const [param, body] of REFUSED) {
  t.test(`${param} is refused by its path: ${JSON.stringify(body).slice(0, 60)}`, async (t) => {
    const error = (() => { try { return chatOf(body) } catch (thrown) { return thrown } })()
    t.ok(error instanceof GatewayError)
    t.match(error, { code: 'invalid_body', status: 400, extras: { param } })
  })
}

t.test('what is lost is named in a header, and hostile bodies are 400', async (t) => {
  const { ask, upstream } = await messagesScene(t, answered())
  t.equal((await ask({ diagnostics: {}, x: 1 })).headers.get('x-aibroker-loss'), 'diagnostics, x')
  const nested = (depth: number) => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth)) as JsonObject
  const wide = Array.from({ length: 120_000 }, () => ({ type: 'text', text: '' }))
  for (const body of [turn(...wide), { tools: [{ name: 'f', input_schema: nested(126) }] }]) {
    const reply = await ask(body)
    t.equal(reply.status, 400, reply.text.slice(0, 200))
    t.match(reply.json(), { type: 'error', error: { type: 'invalid_request_error' } })
  }
  t.equal(upstream.requests.length, 1)
})

t.test('a preset may be made of a request in this dialect', async (t) => {
  const broker = await gateway(t)
  const body = { model: 'auto', system: 'Be brief.', max_tokens: 50, stop_sequences: ['x'], thinking: { type: 'adaptive' } }
  const made = await post(`${broker.url}/presets/short/messages`, body)
  t.equal(made.status, 200, made.text)
  t.match(made.json(), {
    data: {
      slug: 'short',
      designated_version: {
        system_prompt: 'Be brief.', config: { model: 'auto', max_tokens: 50, stop: ['x'], reasoning: { enabled: true } }
      }
    }
  })
  const refused = await post(`${broker.url}/presets/short/messages`, { max_tokens: 0 })
  t.match(refused.json(), { type: 'error', error: { type: 'invalid_request_error' } })
})
