// OpenRouter's dialect, checks 16-32: plain answers, and what a chat request may say.

import t from 'tap'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { answerJson } from '../upstreams.ts'
import { answered, chunks, DONE, firstOf, HEAD, MESSAGES, openrouterScene, piece, scene, USAGE, WELL } from './scene.ts'

const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
const PUT_IN = {
  cost: 0.000015, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 }
}
const ABLE = { modelYaml: 'capabilities: [tool_calling, json_schema]' }

t.test('16: a plain answer has every member of OpenRouter\'s', async (t) => {
  const { ask } = await scene(t, answerJson({
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    usage: USAGE
  }))
  const answer = (await ask()).json()
  t.match(answer, { id: String, object: 'chat.completion', created: Number, model: 'm-upstream', provider: 'test0', usage: USAGE })
  t.equal(answer.system_fingerprint, null)
  t.hasStrict(firstOf(answer), {
    index: 0, message: { role: 'assistant' }, finish_reason: 'stop', native_finish_reason: 'stop', logprobs: null
  })
})

t.test('16: whose answer it is is put in where the provider leaves it out', async (t) => {
  const { ask } = await scene(t, answerJson({
    choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }], usage: USAGE
  }))
  const reply = await ask()
  const { created, ...answer } = reply.json()
  t.match(answer, { id: reply.headers.get('x-generation-id'), object: 'chat.completion', model: 'm' })
  t.ok(Number.isInteger(created))
})

t.test('23: calls say their type, and their arguments are a string with the provider\'s own spelling', async (t) => {
  const body = `{"id":"1","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,
    "message":{"role":"assistant","content":null,"tool_calls":[
      {"id":"a","function":{"name":"f","arguments":{"big": 12345678901234567890, "s": "\\u00e9"}}},
      {"id":"b","type":"function","function":{"name":"g"}},
      {"id":"c","type":"function","function":{"name":"h","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`
  const { ask } = await scene(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  })
  const { message } = firstOf((await ask()).json()) as { message: { tool_calls: unknown } }
  t.strictSame(message.tool_calls, [
    { id: 'a', function: { name: 'f', arguments: '{"big": 12345678901234567890, "s": "\\u00e9"}' }, type: 'function' },
    { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
    { id: 'c', type: 'function', function: { name: 'h', arguments: '{}' } }
  ])
})

t.test('16: several choices each get their word', async (t) => {
  const choice = (index: number, reason: string) =>
    ({ index, message: { role: 'assistant', content: '"finish_reason":"x"' }, finish_reason: reason })
  const { ask } = await scene(t, answered({}, {}, { choices: [choice(0, 'stop'), choice(1, 'MAX_TOKENS')] }))
  const { choices } = (await ask({ n: 2 })).json()
  t.match(choices, [
    { finish_reason: 'stop', native_finish_reason: 'stop' }, { finish_reason: 'length', native_finish_reason: 'MAX_TOKENS' }
  ])
  t.equal(choices[1].message.content, '"finish_reason":"x"')
})

t.test('17: null lists, a null audio and missing members are put right', async (t) => {
  const { ask } = await scene(t, answered(
    { tool_calls: null, refusal: null, annotations: [], reasoning_details: null, images: null, audio: null },
    { index: undefined as never, finish_reason: null }))
  const choice = firstOf((await ask()).json())
  t.strictSame(choice['message'], { role: 'assistant', content: 'Hello', refusal: null, annotations: [] })
  t.hasStrict(choice, { index: 0, finish_reason: null })
})

t.test('18: a usage that the provider did not tell is not invented; the cost is graded, and the row too', async (t) => {
  for (const usage of [undefined, null, { prompt_tokens: null, completion_tokens: null }] as Array<JsonObject | null>) {
    const { ask } = await scene(t, answered({}, {}, { usage } as JsonObject))
    const answer = (await ask({ max_tokens: 10 })).json()
    t.notMatch(['reported'], [answer.x_aibroker.cost_grade])
    if (answer.usage) t.match(answer.usage, { prompt_tokens: Number, completion_tokens: Number, cost: Number })
  }
})

t.test('19: details that are not told are zero, as integers', async (t) => {
  const { ask } = await scene(t, answered())
  t.strictSame((await ask()).json().usage, {
    ...USAGE, ...PUT_IN
  })
})

t.test('19: null counts among the details are put right, and a missing total is the sum', async (t) => {
  const { ask } = await scene(t, answered({}, {}, {
    usage: {
      prompt_tokens: 9,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: null, audio_tokens: null },
      completion_tokens_details: null
    }
  }))
  t.strictSame((await ask()).json().usage, {
    ...USAGE, ...PUT_IN
  })
})

t.test('20: cost_details has all its parts or is not there', async (t) => {
  const parts = {
    upstream_inference_cost: 0.1, upstream_inference_prompt_cost: 0.04, upstream_inference_completions_cost: 0.06
  }
  for (const [given, told] of [[parts, parts], [{ upstream_inference_cost: 0.1 }, undefined], [null, undefined]]) {
    const { ask } = await scene(t, answered({}, {}, { usage: { ...USAGE, cost_details: given as JsonObject } }))
    t.strictSame((await ask()).json().usage.cost_details, told)
  }
})

const REASONS = [
  ['end_turn', 'stop'], ['eos', 'stop'], ['max_tokens', 'length'], ['tool_use', 'tool_calls'], ['SAFETY', 'content_filter'],
  ['function_call', 'tool_calls'], ['MALFORMED_FUNCTION_CALL', 'error'], ['length', 'length'], ['made_up', 'made_up']
] as const

t.test('21: the reason to stop is one of five words; the provider\'s own stays beside it', async (t) => {
  for (const [native, reason] of REASONS) {
    const plain = await scene(t, answered({}, { finish_reason: native }))
    t.hasStrict(firstOf((await plain.ask()).json()), { finish_reason: reason, native_finish_reason: native })
    const streams = await scene(t, chunks(piece({ content: 'a' }), piece({}, native), DONE))
    const { values } = await streams.stream()
    t.hasStrict(firstOf(values.at(-1) ?? {}), { finish_reason: reason, native_finish_reason: native })
    t.notOk(values.slice(0, -1).some((value) => 'native_finish_reason' in firstOf(value)), 'the finishing chunk alone')
  }
})

t.test('21: an exact relay and OpenRouter\'s own answers are left alone', async (t) => {
  const theirs = answered({}, { finish_reason: 'end_turn' })
  const exact = await scene(t, theirs)
  t.notOk('native_finish_reason' in firstOf((await exact.ask({}, { 'x-aibroker-relay': 'exact' })).json()))
  const openrouter = await openrouterScene(t, theirs)
  t.equal(firstOf((await openrouter.ask()).json())['finish_reason'], 'end_turn')
})

t.test('22: the model is the one that served', async (t) => {
  const { ask } = await scene(t, answered())
  const reply = await ask()
  t.equal(reply.json().model, 'm-upstream')
  t.equal(reply.headers.get('x-aibroker-model'), 'm-upstream')
})

t.test('23: tools go there and back', async (t) => {
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } }
  const { ask, upstream } = await scene(t, answered({ content: null, tool_calls: [call] }, { finish_reason: 'tool_calls' }), ABLE)
  const choice = { type: 'function', function: { name: 'weather' } }
  const answer = (await ask({ tools: TOOLS, tool_choice: choice })).json()
  t.match(upstream.requests[0]?.json(), { tools: TOOLS, tool_choice: choice })
  t.strictSame(answer.choices[0].message.tool_calls, [call])
  const messages = [...MESSAGES as JsonObject[], answer.choices[0].message, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }]
  t.equal((await ask({ tools: TOOLS, messages })).status, 200)
  t.strictSame(upstream.requests[1]?.json()['messages'], messages)
})

t.test('24: a schema for the answer is passed on, strict as it is', async (t) => {
  const { ask, upstream } = await scene(t, answered({ content: '{"a":1}' }), ABLE)
  const format = { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: { type: 'object' } } }
  t.strictSame(JSON.parse((await ask({ response_format: format })).json().choices[0].message.content), { a: 1 })
  t.strictSame(upstream.requests[0]?.json()['response_format'], format)
})

t.test('25: a parameter that is null counts as absent; 0 is a value', async (t) => {
  const { ask, upstream } = await scene(t, answered())
  const nulls = { temperature: null, top_p: null, logit_bias: null, seed: null }
  for (const body of [nulls, {}, { temperature: 0 }]) await ask(body)
  const [none, absent, zero] = upstream.requests.map((request) => request.json())
  t.strictSame(Object.keys(none ?? {}), Object.keys(absent ?? {}))
  t.equal(zero?.['temperature'], 0)
})

t.test('26: either name of the limit reaches the provider', async (t) => {
  const { ask, upstream } = await scene(t, answered())
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    await ask({ [name]: 77 })
    t.equal(upstream.requests.at(-1)?.json()[name], 77)
  }
})

t.test('27: include_reasoning: false does what reasoning.exclude does', async (t) => {
  const { ask, upstream } = await scene(t, answered({ reasoning: 'hm', reasoning_details: [] }))
  for (const body of [{ include_reasoning: false }, { reasoning: { exclude: true } }]) {
    const { choices } = (await ask(body)).json()
    t.strictSame(choices[0].message, { role: 'assistant', content: 'Hello' })
    t.notOk(['include_reasoning', 'reasoning'].some((name) => name in (upstream.requests.at(-1)?.json() ?? {})))
  }
})

t.test('28: the old switches for usage are accepted and change nothing', async (t) => {
  const { ask } = await scene(t, answered())
  t.match((await ask({ usage: { include: true }, stream_options: { include_usage: false } })).json().usage, USAGE)
  const streams = await scene(t, WELL)
  const switches: JsonObject[] = [
    { usage: { include: true } }, { usage: { include: false } },
    { usage: { include: true }, stream_options: { include_usage: false } }
  ]
  for (const body of switches) {
    t.match((await streams.stream(body)).usage, USAGE, JSON.stringify(body))
  }
})

t.test('29: OpenRouter\'s own members are accepted, and none reaches a provider that may not know it', async (t) => {
  const theirs = {
    route: 'fallback',
    transforms: ['middle-out'],
    session_id: 's',

    plugins: [],
    trace: { trace_id: 't' },
    debug: {},
    usage: { include: true },
    include_reasoning: true
  }
  const anybodys = { user: 'u', prediction: { type: 'content', content: 'x' }, verbosity: 'low', metadata: { a: 'b' } }
  const { ask, upstream } = await scene(t, answered())
  const reply = await ask({ ...theirs, ...anybodys })
  t.equal(reply.status, 200, reply.text)
  const sent = upstream.requests[0]?.json() ?? {}
  t.strictSame(Object.keys(theirs).filter((name) => name in sent), [])
  t.match(sent, anybodys)
})

t.test('30: a last message of the assistant stays last, as it is', async (t) => {
  const { ask, upstream } = await scene(t, answered())
  const messages = [...MESSAGES as JsonObject[], { role: 'assistant', content: 'Once upon' }]
  await ask({ messages })
  t.strictSame(upstream.requests[0]?.json()['messages'], messages)
})

t.test('31: a part that no endpoint can read is 404, before anything is sent', async (t) => {
  const { ask, upstream } = await scene(t, answered())
  const parts = [
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
  ]
  for (const part of parts) {
    const reply = await ask({ messages: [{ role: 'user', content: [part] }] })
    t.equal(reply.status, 404, part.type)
    t.match(reply.json(), { error: { code: 404, message: /No endpoints found/ } })
  }
  t.equal(upstream.requests.length, 0)
})

t.test('32: n and logprobs are passed on, and log probabilities come back as they are', async (t) => {
  const logprobs = { content: [{ token: 'a', logprob: -0.1, bytes: null, top_logprobs: [] }] }
  const { ask, upstream } = await scene(t, answered({}, { logprobs }))
  const answer = (await ask({ n: 1, logprobs: true, top_logprobs: 5 })).json()
  t.match(upstream.requests[0]?.json(), { logprobs: true, top_logprobs: 5 })
  t.strictSame(asObject(firstOf(answer))?.['logprobs'], logprobs)
})
