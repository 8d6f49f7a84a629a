// Checks 58, 59 and 61: whole answers over `/responses`, by OpenRouter's numbers where it has some.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { answered } from '../openrouter/scene.ts'
import { status } from '../upstreams.ts'
import { openrouterResponses, responsesScene } from './scene.ts'

/** What @openrouter/sdk throws without. */
const REQUIRED = [
  'id', 'object', 'created_at', 'completed_at', 'model', 'status', 'output', 'error', 'incomplete_details', 'temperature',
  'top_p', 'presence_penalty', 'frequency_penalty', 'instructions', 'metadata', 'tools', 'tool_choice',
  'parallel_tool_calls'
]

t.test('58: a text is answered as a response with every member clients need, and a generation\'s id', async (t) => {
  const { ask, sent, broker } = await responsesScene(t, answered())
  const reply = await ask()
  const value = reply.json()
  t.equal(reply.status, 200)
  for (const name of REQUIRED) t.ok(name in value, name)
  const id = reply.headers.get('x-generation-id') ?? ''
  t.match(id, /^gen-\d+-\w{20}$/)
  const suffix = id.slice('gen-'.length)
  t.strictSame(value.output, [{
    type: 'message',
    id: `msg_${suffix}_0`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }]
  }])
  t.match(value, {
    id: `resp_${suffix}`,
    object: 'response',
    status: 'completed',
    model: 'm-upstream',
    provider: 'test0',
    store: false,
    tool_choice: 'auto',
    tools: [],
    parallel_tool_calls: true,
    text: { format: { type: 'text' } },
    usage: {
      input_tokens: 9,
      output_tokens: 3,
      total_tokens: 12,
      cost: 0.000015,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 }
    },
    x_aibroker: { provider: 'test0', requested_model: 'm', cost_grade: 'reported' }
  })
  t.ok(value.completed_at >= value.created_at)
  t.strictSame(sent(), { model: 'm-upstream', messages: [{ role: 'user', content: 'Hello' }] })
  const known = await (await fetch(`${broker.url}/generation?id=${id}`)).json() as { data: JsonObject }
  t.equal(known.data['id'], id)
})

t.test('58: both bases answer, and a request is repeated in its answer', async (t) => {
  const { broker, sent } = await responsesScene(t, answered())
  const asked = {
    instructions: 'Be brief.',
    temperature: 0.5,
    top_p: 0.9,
    max_output_tokens: 50,
    metadata: { a: 'b' },
    user: 'u',
    parallel_tool_calls: false,
    reasoning: { effort: 'low', summary: 'auto' },
    text: { verbosity: 'low' }
  }
  const response = await fetch(`${broker.origin}/api/v1/responses`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', input: 'Hi', ...asked })
  })
  t.match(await response.json(), { ...asked, text: { format: { type: 'text' }, verbosity: 'low' } })
  t.match(sent(), { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hi' }], max_completion_tokens: 50 })
})

const KEPT: ReadonlyArray<readonly [JsonObject, string]> = [
  [{ store: true }, 'store'],
  [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
  [{ conversation: 'conv_1' }, 'conversation'],
  [{ background: true }, 'background'],
  [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
  [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input.0.type']
]

t.test('59: what needs kept answers is 400, names its member, and says what to send instead', async (t) => {
  const { ask, upstream } = await responsesScene(t, answered())
  for (const [body, param] of KEPT) {
    const reply = await ask(body)
    const { error } = reply.json()
    t.equal(reply.status, 400, param)
    t.match(error, { code: 400, param, type: 'invalid_request_error', metadata: { native_code: 'invalid_prompt' } })
    t.match(error.message, /keeps no/)
  }
  t.equal(upstream.requests.length, 0)
  for (const body of [{ store: null }, { store: false }, { previous_response_id: null, background: false }]) {
    t.match((await ask(body)).json(), { store: false, previous_response_id: null })
  }
})

const CALL = { id: 'call_7', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } }
const WEATHER = { type: 'function', name: 'weather', description: 'Of today.', parameters: { type: 'object' }, strict: true }

t.test('61: a function is called, and what came of it goes back', async (t) => {
  const { ask, sent } = await responsesScene(t, answered({ content: null, tool_calls: [CALL] }, { finish_reason: 'tool_calls' }))
  const { output, tools } = (await ask({ tools: [WEATHER], tool_choice: { type: 'function', name: 'weather' } })).json()
  const call = { call_id: 'call_7', name: 'weather', arguments: '{"city":"Zürich"}' }
  t.match(output, [{ type: 'function_call', id: /^fc_/, ...call, status: 'completed' }])
  t.strictSame(tools, [{ parameters: { type: 'object' }, strict: true, type: 'function', name: 'weather', description: 'Of today.' }])
  t.match(sent(), {
    tools: [{ type: 'function', function: { name: 'weather', description: 'Of today.', parameters: { type: 'object' }, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'weather' } }
  })
  await ask({ input: [{ role: 'user', content: 'Well?' }, ...output, { type: 'function_call_output', call_id: 'call_7', output: 'rain' }] })
  t.strictSame(sent()['messages'], [
    { role: 'user', content: 'Well?' },
    { role: 'assistant', content: null, tool_calls: [CALL] },
    { role: 'tool', tool_call_id: 'call_7', content: 'rain' }
  ])
})

t.test('why an answer ended is its status', async (t) => {
  const ended = async (reason: string) => {
    const { ask } = await responsesScene(t, answered({}, { finish_reason: reason }))
    return (await ask()).json()
  }
  const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, completed_at: null }
  t.match(await ended('length'), cut)
  t.match((await ended('max_tokens')).output, [{ status: 'incomplete' }])
  t.match(await ended('content_filter'), { status: 'incomplete', incomplete_details: { reason: 'content_filter' } })
  t.match(await ended('eos'), { status: 'completed', incomplete_details: null })
})

t.test('a refusal, citations, images and log probabilities are where a response has them', async (t) => {
  const citation = { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A', start_index: 1, end_index: 2 } }
  const logprobs = { content: [{ token: 'H', logprob: -1, bytes: null, top_logprobs: [{ token: 'h', logprob: -2 }] }] }
  const { ask, sent } = await responsesScene(t, [
    answered({ annotations: [citation], images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }, { logprobs })
  ])
  const { output } = (await ask({ include: ['message.output_text.logprobs'], top_logprobs: 1 })).json()
  t.match(output, [
    {
      content: [{
        annotations: [{ type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 1, end_index: 2 }],
        logprobs: [{ token: 'H', logprob: -1, bytes: [], top_logprobs: [{ token: 'h', logprob: -2, bytes: [] }] }]
      }]
    },
    { type: 'image_generation_call', status: 'completed', result: 'AAAA' }
  ])
  t.match(sent(), { logprobs: true, top_logprobs: 1 })
  const refusing = await responsesScene(t, answered({ content: null, refusal: 'No.' }))
  t.match((await refusing.ask()).json().output, [{ content: [{ type: 'refusal', refusal: 'No.' }] }])
})

t.test('failures before an answer come in OpenAI\'s envelope, with the code of a response beside', async (t) => {
  for (const [code, expected, native] of [[400, 400, 'invalid_prompt'], [429, 429, 'rate_limit_exceeded'], [500, 502, 'server_error']] as const) {
    const { ask } = await responsesScene(t, status(code))
    const reply = await ask()
    t.equal(reply.status, expected)
    t.match(reply.json().error, { code: expected, type: String, metadata: { native_code: native, error_type: String } })
  }
  const { broker } = await responsesScene(t, answered(), { env: { AIBROKER_API_KEYS: 'sk-operator', AIBROKER_BODY_LIMIT: '500' } })
  const send = (body: string, authorization = 'Bearer sk-operator') => fetch(`${broker.url}/responses`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization }, body
  })
  for (const [response, code, native] of [
    [await send('{}', 'Bearer wrong'), 401, 'server_error'],
    [await send('{'), 400, 'invalid_prompt'],
    [await send(JSON.stringify({ input: 'x'.repeat(600) })), 413, 'server_error']
  ] as const) {
    t.equal(response.status, code)
    t.match(await response.json(), { error: { code, metadata: { native_code: native } } })
  }
})

t.test('an answer of OpenRouter is told as well, with the cost it names', async (t) => {
  const usage = {
    prompt_tokens: 9,
    completion_tokens: 3,
    total_tokens: 12,
    cost: 0.5,
    is_byok: false,
    cost_details: { upstream_inference_prompt_cost: 0.2, upstream_inference_completions_cost: 0.3 }
  }
  const { ask } = await openrouterResponses(t, answered({}, {}, { usage, provider: 'Somebody' }))
  const value = (await ask()).json()
  t.equal(value.provider, 'Somebody')
  t.match(value.usage, {
    cost: 0.5,
    is_byok: false,
    cost_details: { upstream_inference_input_cost: 0.2, upstream_inference_output_cost: 0.3 }
  })
})

t.test('usage that nobody told is not there', async (t) => {
  const { ask } = await responsesScene(t, answered({}, {}, { usage: null }))
  const value = (await ask()).json()
  t.notOk('usage' in value)
  t.equal(value.x_aibroker.cost_grade, 'bounded')
})
