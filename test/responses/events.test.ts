// The events of a stream, chunk by chunk: who speaks, what waits, and how much may be said.

import t from 'tap'
import { GatewayError } from '../../src/core/errors.ts'
import { asObject, parseObject, type JsonObject } from '../../src/core/json.ts'
import { StreamBroken } from '../../src/wire/format.ts'
import { interpret } from '../../src/wire/openai-responses/request.ts'
import { unseal } from '../../src/wire/openai-responses/sealed.ts'

const IDENTITY = { id: 'gen-1700000000-abc', model: 'm', createdS: 1_700_000_000 }
const TOOLS = [{ type: 'function', name: 'f' }, { type: 'custom', name: 'patch' }, { type: 'namespace', name: 'mcp', tools: [{ type: 'function', name: 'g' }] }]

function open (asked: JsonObject = {}) {
  const stream = interpret({ model: 'm', input: 'Hi', tools: TOOLS, ...asked }).teller.openStream(IDENTITY)
  const read = (text: string) => text.split('\n\n').filter((event) => event !== '').map((event) =>
    parseObject(event.slice(event.indexOf('{'))) as JsonObject)
  const chunk = (delta: JsonObject, reason: string | null = null) =>
    stream.tell({ model: 'm-upstream', choices: [{ index: 0, delta, finish_reason: reason }] })
  return {
    chunk,
    tell: (delta: JsonObject, reason: string | null = null) => read(chunk(delta, reason)).map(short),
    end: () => read(stream.end()),
    fail: () => read(stream.fail(new GatewayError('draining'), IDENTITY.id))
  }
}

/** Type without its prefix, and what is in it. */
function short (event: JsonObject): string {
  const { type, delta, text, item, output_index: at } = event
  const words = [String(type).slice('response.'.length), at, delta ?? text ?? asObject(item)?.['type']]
  return words.filter((word) => word !== undefined).join(' ')
}

const call = (index: number, text: string, named: JsonObject = {}) =>
  ({ tool_calls: [{ index, ...named, function: { arguments: text, ...named } }] })
const lastOutput = (events: JsonObject[]) => asObject(events.at(-1)?.['response'])?.['output']

t.test('nothing is told before there is something to tell', async (t) => {
  const { tell, end } = open()
  t.strictSame(tell({ role: 'assistant', content: '' }), [])
  t.strictSame(tell({ content: 'a' }), ['created', 'in_progress', 'output_item.added 0 message', 'content_part.added 0', 'output_text.delta 0 a'])
  t.strictSame(tell({}, 'stop'), [], 'the end is told behind the tail only')
  t.strictSame(end().map(short), ['output_text.done 0 a', 'content_part.done 0', 'output_item.done 0 message', 'completed'])
})

t.test('another call waits until the arguments of the one before are whole', async (t) => {
  const { tell, end } = open()
  tell(call(0, '', { id: 'c0', name: 'f' }))
  t.strictSame(tell(call(1, '{}', { id: 'c1', name: 'f' })), [])
  t.strictSame(tell({ content: 'text waits as well' }), [])
  t.strictSame(tell(call(0, '{"a":"}"')), ['function_call_arguments.delta 0 {"a":"}"'], 'a brace in a string ends nothing')
  t.strictSame(tell(call(0, '}')), ['function_call_arguments.delta 0 }'])
  t.strictSame(tell(call(2, '{}', { id: 'c2', name: 'f' })), [
    'function_call_arguments.done 0', 'output_item.done 0 function_call',
    'output_item.added 1 function_call', 'function_call_arguments.delta 1 {}', 'function_call_arguments.done 1', 'output_item.done 1 function_call',
    'output_item.added 2 message', 'content_part.added 2', 'output_text.delta 2 text waits as well',
    'output_text.done 2 text waits as well', 'content_part.done 2', 'output_item.done 2 message',
    'output_item.added 3 function_call', 'function_call_arguments.delta 3 {}'
  ])
  t.match(lastOutput(end()), [{ call_id: 'c0' }, { call_id: 'c1' }, { type: 'message' }, { call_id: 'c2', status: 'completed' }])
})

t.test('calls that all have the index 0 are told apart by their ids', async (t) => {
  const { tell, end } = open()
  for (const id of ['a', 'b']) tell(call(0, '{}', { id, name: 'f' }))
  t.match(lastOutput(end()), [{ call_id: 'a', arguments: '{}' }, { call_id: 'b', arguments: '{}' }])
})

t.test('custom tools and namespaces come back as they were asked', async (t) => {
  const { tell, end } = open()
  tell(call(0, '{"input":"a ', { id: 'c0', name: 'patch' }))
  tell(call(0, '\\"b\\""}'))
  t.strictSame(tell(call(1, '{}', { id: 'c1', name: 'mcp__g' })).slice(0, 3), [
    'custom_tool_call_input.delta 0 a "b"', 'custom_tool_call_input.done 0', 'output_item.done 0 custom_tool_call'
  ])
  t.match(lastOutput(end()), [
    { type: 'custom_tool_call', id: /^ctc_/, call_id: 'c0', name: 'patch', input: 'a "b"' },
    { type: 'function_call', name: 'g', namespace: 'mcp' }
  ])
})

t.test('reasoning: its text, or a summary where one was asked for, and sealed where it is signed', async (t) => {
  const detail = (more: JsonObject) => ({ reasoning_details: [{ type: 'reasoning.text', index: 0, format: 'x', ...more }] })
  for (const [asked, part, text] of [
    [{}, 'content_part', 'reasoning_text'], [{ reasoning: { summary: 'auto' } }, 'reasoning_summary_part', 'reasoning_summary_text']
  ] as const) {
    const { tell, end } = open(asked)
    t.strictSame(tell({ reasoning: 'H', ...detail({ text: 'H' }) }).slice(2), ['output_item.added 0 reasoning', `${part}.added 0`, `${text}.delta 0 H`])
    t.strictSame(tell(detail({ text: 'm' })), [`${text}.delta 0 m`])
    t.strictSame(tell(detail({ signature: 's' })), [])
    t.strictSame(tell({ content: 'a' }).slice(0, 3), [`${text}.done 0 Hm`, `${part}.done 0`, 'output_item.done 0 reasoning'])
    const [item] = lastOutput(end()) as JsonObject[]
    t.strictSame(unseal(String(item?.['encrypted_content'])), [{ type: 'reasoning.text', index: 0, format: 'x', text: 'Hm', signature: 's' }])
  }
  const plain = open()
  plain.tell({ reasoning: 'Hm' })
  t.match(lastOutput(plain.end()), [{ encrypted_content: null, content: [{ text: 'Hm' }] }])
  const wanted = open({ include: ['reasoning.encrypted_content'] })
  wanted.tell({ reasoning: 'Hm' })
  t.match(lastOutput(wanted.end()), [{ encrypted_content: /^aibroker1\./ }])
})

t.test('a failure is told once, from the first event on where nothing was told yet', async (t) => {
  t.strictSame(open().fail().map(short), ['created', 'in_progress', 'failed'])
  const { tell, fail } = open()
  tell(call(0, '{}', { id: 'c0', name: 'f' }))
  const events = fail()
  t.strictSame(events.map(short), ['failed'])
  t.match(lastOutput(events), [{ status: 'incomplete' }])
  t.match(events[0], { sequence_number: 4, response: { error: { code: 'server_error' }, error_type: 'provider_overloaded' } })
})

t.test('a stream that says more than may be held is broken', async (t) => {
  const long = open()
  const megabyte = 'x'.repeat(1024 * 1024)
  for (let told = 0; told < 4; told++) long.chunk({ content: megabyte })
  t.throws(() => long.chunk({ content: 'x' }), new StreamBroken('more than 4194304 characters'))
  const many = open()
  t.throws(() => { for (let at = 0; at < 2_000; at++) many.chunk(call(at, '{}', { id: `c${at}`, name: 'f' })) },
    new StreamBroken('more than 1024 items'))
})
