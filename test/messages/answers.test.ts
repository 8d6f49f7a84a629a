// POST /v1/messages in front of a chat provider: whole answers, streams, tools and failures, seen on the wire.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { chunks, answered, DONE, piece, WELL } from '../openrouter/scene.ts'
import { cutAfterBytes, status } from '../upstreams.ts'
import { messagesScene } from './messages-scene.ts'

const ABLE = { modelYaml: 'capabilities: [tool_calling, json_schema]' }
const TOOLS: JsonObject[] = [{ name: 'weather', description: 'Tells it', input_schema: { type: 'object', properties: {} } }]
const ID = /^msg_\d+-[A-Za-z0-9]{20}$/

t.test('62: a whole answer is a message, with usage under Anthropic\'s names', async (t) => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
    completion_tokens_details: { reasoning_tokens: 5 }
  }
  const { ask, chat } = await messagesScene(t, answered({}, {}, { usage }))
  const reply = await ask({ system: 'Be kind.' })
  t.equal(reply.status, 200)
  const { x_aibroker: own, ...answer } = reply.json()
  t.match(answer.id, ID)
  t.equal(answer.id.slice(4), reply.headers.get('x-generation-id')?.slice(4))
  t.equal(reply.headers.get('request-id'), reply.headers.get('x-generation-id'))
  t.hasStrict(answer, {
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'Hello', citations: null }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    stop_details: null,
    container: null,
    provider: 'test0',
    usage: {
      input_tokens: 50,
      output_tokens: 20,
      cache_creation_input_tokens: 10,
      cache_read_input_tokens: 40,
      cache_creation: null,
      output_tokens_details: { thinking_tokens: 5 },
      server_tool_use: null,
      inference_geo: null,
      service_tier: null
    }
  })
  t.equal(typeof answer.usage.cost, 'number')
  t.match(own, { provider: 'test0', requested_model: 'm', input_tokens: 100, output_tokens: 20 })
  t.strictSame(chat(), {
    model: 'm-upstream',
    max_tokens: 100,
    messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'Hello' }]
  })
})

t.test('62: a stream is the ladder of events, ended by message_stop', async (t) => {
  const { stream } = await messagesScene(t, WELL)
  const { response, events, values, failure } = await stream()
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), /^text\/event-stream/)
  t.equal(failure, undefined)
  t.strictSame(events.map(({ event }) => event), [
    'message_start', 'content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop',
    'message_delta', 'message_stop'
  ])
  t.strictSame(values.map(({ type }) => type), events.map(({ event }) => event), 'each says its name twice')
  t.match(values[0], { message: { id: ID, model: 'm', role: 'assistant', content: [], stop_reason: null, provider: 'test0' } })
  t.match(values.slice(1, 5), [
    { index: 0, content_block: { type: 'text', text: '', citations: null } },
    { index: 0, delta: { type: 'text_delta', text: 'Hel' } },
    { index: 0, delta: { type: 'text_delta', text: 'lo' } },
    { index: 0 }
  ])
  t.match(values[5], {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { input_tokens: 9, output_tokens: 3, cost: Number },
    x_aibroker: { provider: 'test0', cost_grade: 'reported' }
  })
})

t.test('65: a tool is called, whatever the provider says of its end, and its result is accepted', async (t) => {
  const call = { id: 'call.1', type: 'function', function: { name: 'weather', arguments: '{"city":"Ghent"}' } }
  const { ask, chat } = await messagesScene(t, answered({ content: null, tool_calls: [call] }, { finish_reason: 'stop' }), ABLE)
  const answer = (await ask({ tools: TOOLS, tool_choice: { type: 'any', disable_parallel_tool_use: true } })).json()
  t.equal(answer.stop_reason, 'tool_use')
  t.strictSame(answer.content, [{
    type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Ghent' }, caller: { type: 'direct' }
  }])
  t.hasStrict(chat(), {
    tool_choice: 'required',
    parallel_tool_calls: false,
    tools: [{ type: 'function', function: { name: 'weather', description: 'Tells it', parameters: { type: 'object' } } }]
  })
  const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' }
  const turns = [{ role: 'user', content: 'Weather?' }, { role: 'assistant', content: answer.content }, { role: 'user', content: [result] }]
  t.equal((await ask({ tools: TOOLS, messages: turns })).status, 200)
  t.strictSame((chat()['messages'] as JsonObject[]).slice(1), [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Ghent"}' } }]
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'Rain' }
  ])
})

t.test('P6: a cut has no message_delta and no message_stop, but an error event', async (t) => {
  const { stream } = await messagesScene(t, cutAfterBytes(300, [piece({ content: 'Hel' }), piece({ content: 'lo' }), piece({}, 'stop')]))
  const { events, values } = await stream()
  t.notOk(events.some(({ event }) => event === 'message_delta' || event === 'message_stop'))
  t.equal(events.at(-1)?.event, 'error')
  t.match(values.at(-1), { error: { type: 'api_error', message: String, error_type: 'provider_unavailable' }, request_id: /^gen-/ })
})

t.test('P6: a stream that ends without saying why is a cut as well', async (t) => {
  const { stream } = await messagesScene(t, chunks(piece({ content: 'Hel' }), piece({ content: 'lo' })))
  const { events } = await stream()
  t.notOk(events.some(({ event }) => event === 'message_delta' || event === 'message_stop'))
  t.equal(events.at(-1)?.event, 'error')
})

t.test('P6: an error inside of a stream is told in-band', async (t) => {
  const { stream } = await messagesScene(t, chunks(piece({ content: 'Hel' }), 'data: {"error":{"message":"no more"}}\n\n', DONE))
  const { events, values } = await stream()
  t.equal(events.at(-1)?.event, 'error')
  t.match(values.at(-1), { type: 'error', error: { message: /no more/ } })
})

t.test('63: failures come in Anthropic\'s envelope', async (t) => {
  const { ask, broker } = await messagesScene(t, status(500))
  const failed = await ask()
  t.equal(failed.status, 502)
  t.match(failed.json(), { type: 'error', error: { type: 'api_error', error_type: 'provider_unavailable' }, request_id: /^gen-/ })
  const unknown = await ask({ model: 'nobody' })
  t.match(unknown.json(), { type: 'error', error: { type: 'invalid_request_error', message: /nobody/ } })
  t.equal(unknown.headers.get('request-id'), unknown.json().request_id)
  const noJson = await fetch(`${broker.url}/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })
  t.equal(noJson.status, 400)
  t.match(await noJson.json(), { type: 'error', error: { type: 'invalid_request_error' } })
})

t.test('64: fallbacks become models; four of them, other members, or models beside them are refused', async (t) => {
  const { ask, upstream } = await messagesScene(t, answered())
  const four = ['a', 'b', 'c', 'd'].map((model) => ({ model }))
  for (const body of [{ fallbacks: four }, { fallbacks: [{ model: 'm' }], models: ['m'] }, { fallbacks: [{ model: 'm', x: 1 }] }]) {
    const reply = await ask(body)
    t.equal(reply.status, 400)
    t.match(reply.json(), { type: 'error', error: { type: 'invalid_request_error', message: /^fallbacks/ } })
  }
  t.equal(upstream.requests.length, 0)
  t.equal((await ask({ fallbacks: [{ model: 'm' }] })).status, 200)
})

t.test('usage that nobody told is 0 where clients need a number, and null in the receipt', async (t) => {
  const { stream } = await messagesScene(t, chunks(piece({ content: 'Hi' }), piece({}, 'stop'), DONE))
  const { values } = await stream()
  t.match(values.at(-2), { type: 'message_delta', usage: { input_tokens: 0, output_tokens: 0 } })
})
