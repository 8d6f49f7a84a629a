// OpenRouter's dialect, checks 55-57: completions at backends that only chat.

import OpenAI from 'openai'
import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { provider } from '../upstreams.ts'
import { chatOnly, costsOf, mixed, pathsAt, sceneOf, TEXT_ANSWER, textOf } from './completions-scene.ts'
import { answered, chunks, DONE, errorOf, firstOf, piece, USAGE, USAGE_FRAME, WELL } from './scene.ts'

const ASKS_USAGE = { stream_options: { include_usage: true } }

t.test('55: a prompt is said as one message, and the answer is text', async (t) => {
  const scene = await chatOnly(t, [answered()])
  const reply = await scene.complete({ max_tokens: 7, temperature: 0.5, stop: ['\n'], seed: 3, user: 'u', own: [1.5] })
  t.equal(reply.status, 200, reply.text)
  const { choices, x_aibroker: own, ...answer } = reply.json()
  t.match(answer, {
    id: 'chatcmpl-1', object: 'text_completion', created: 1_700_000_000, model: 'm-upstream', provider: 'test0', usage: USAGE
  })
  t.strictSame(choices, [
    { index: 0, native_finish_reason: 'stop', finish_reason: 'stop', text: 'Hello', logprobs: null }
  ])
  t.match(own, { provider: 'test0', model_id: 'm-upstream', requested_model: 'm', cost_usd: '0.000015000' })
  t.match(costsOf(scene), [{ cost: 15_000, grade: 'reported', outcome: 'answered', input: 9, output: 3 }])
  t.equal(reply.headers.get('x-aibroker-edits'), 'prompt, messages, model')
  t.equal(reply.headers.get('x-aibroker-loss'), null)
  const [sent] = scene.upstreams[0]?.requests ?? []
  t.equal(sent?.path, '/v1/chat/completions')
  t.strictSame(sent?.json(), {
    model: 'm-upstream',
    max_tokens: 7,
    temperature: 0.5,
    stop: ['\n'],
    seed: 3,
    user: 'u',
    own: [1.5],
    messages: [{ role: 'user', content: 'Say hello' }]
  })
})

t.test('55: members that say nothing are left out, numbers keep their spelling, a list of one text is a text', async (t) => {
  const { broker, upstreams } = await chatOnly(t, [answered()])
  const body = '{"prompt":["a \\u00e9"], "echo":false,"suffix":"","logprobs":null,"best_of":1, "big":12345678901234567890,"model":"m"}'
  const reply = await post(`${broker.url}/completions`, body)
  t.equal(reply.status, 200, reply.text)
  t.equal(upstreams[0]?.requests[0]?.body,
    '{"big":12345678901234567890,"model":"m-upstream","messages":[{"role":"user","content":"a é"}]}')
})

t.test('55: several choices, thoughts and refusals are told as far as text goes; what is lost is named', async (t) => {
  const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }]
  const choices: JsonObject[] = [
    { index: 0, message: { role: 'assistant', content: 'a', reasoning: 'hm' }, finish_reason: 'MAX_TOKENS' },
    { index: 1, message: { role: 'assistant', content: null, refusal: 'No.' }, finish_reason: 'stop' },
    { index: 2, message: { role: 'assistant', content: null, tool_calls: calls }, finish_reason: 'tool_calls' },
    { index: 3, message: { role: 'assistant', content: [{ type: 'text', text: 'b' }, { type: 'text', text: 'c' }] }, finish_reason: 'stop' }
  ]
  const { complete, upstreams } = await chatOnly(t, [answered({}, {}, { choices })])
  const reply = await complete({ n: 4 })
  t.match(reply.json().choices, [
    { index: 0, text: 'a', reasoning: 'hm', finish_reason: 'length', native_finish_reason: 'MAX_TOKENS' },
    { index: 1, text: 'No.', finish_reason: 'stop' },
    { index: 2, text: '', finish_reason: 'tool_calls' },
    { index: 3, text: 'bc' }
  ])
  t.equal(reply.headers.get('x-aibroker-loss'), 'tool_calls, refusal')
  t.equal(upstreams[0]?.requests[0]?.json()['n'], 4)
  const hidden = (await complete({ n: 4, reasoning: { exclude: true } })).json()
  t.notOk('reasoning' in firstOf(hidden))
})

t.test('55: a provider without the endpoint is asked by any name its model has', async (t) => {
  const { broker, complete, upstreams } = await mixed(t, { own: TEXT_ANSWER, chats: answered(), priorities: [1, 2] })
  t.equal(firstOf((await complete({ model: 'groq/llama-nobody-named' })).json())['text'], 'Hello')
  t.same(pathsAt(upstreams[1]), ['/chat/completions'])
  t.match((await post(`${broker.url}/completions`, { model: 'groq/m-groq', prompt: 'a' })).json(), { object: 'text_completion' })
})

t.test('55: OpenAI\'s chat models have no completions there, and its completion models have', async (t) => {
  const upstream = await provider(t, (call) =>
    (call.request.path.endsWith('/chat/completions') ? answered() : TEXT_ANSWER)(call))
  const env = { OPENAI_API_KEY: 'sk-canary', OPENAI_BASE_URL: upstream.url }
  const { complete } = sceneOf(await gateway(t, { config: 'models:\n  x: {backends: [{provider: openai, model_id: gpt-4o}]}\n', env }), [upstream])
  for (const model of ['x', 'openai/gpt-5-nano', 'openai/o3']) t.match((await complete({ model })).json(), { object: 'text_completion' })
  t.equal(firstOf((await complete({ model: 'openai/gpt-3.5-turbo-instruct' })).json())['text'], 'Native')
  t.same(pathsAt(upstream), [...Array(3).fill('/chat/completions'), '/completions'])
})

t.test('55 (SDK): OpenAI\'s own client reads the text, plain and streamed', async (t) => {
  const { broker } = await chatOnly(t, [({ request, ...call }) =>
    (request.json()['stream'] === true ? WELL : answered())({ request, ...call })])
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.url, maxRetries: 0 })
  const plain = await client.completions.create({ model: 'm', prompt: 'Say hello' })
  t.equal(plain.choices[0]?.text, 'Hello')
  t.equal(plain.usage?.total_tokens, 12)
  const texts: string[] = []
  const stream = await client.completions.create({ model: 'm', prompt: 'Say hello', stream: true, ...ASKS_USAGE })
  let total: number | undefined
  for await (const chunk of stream) {
    texts.push(chunk.choices[0]?.text ?? '')
    total = chunk.usage?.total_tokens ?? total
  }
  t.equal(texts.join(''), 'Hello')
  t.equal(total, 12)
})

t.test('56: as a stream it is chunks of text, the usage, and the sentinel', async (t) => {
  const scene = await chatOnly(t, [WELL])
  const { values, events, response } = await scene.stream(ASKS_USAGE)
  t.match(response.headers.get('content-type'), /^text\/event-stream/)
  t.equal(textOf(values), 'Hello')
  for (const value of values) t.match(value, { id: 'chatcmpl-1', object: 'text_completion', created: Number, model: 'm-upstream' })
  t.notOk(values.some((value) => 'delta' in firstOf(value)))
  t.equal(values[0]?.['provider'], 'test0')
  t.hasStrict(firstOf(values.at(-2) ?? {}), { index: 0, text: '', logprobs: null, finish_reason: 'stop', native_finish_reason: 'stop' })
  t.match(values.at(-1), { choices: [], usage: { ...USAGE, cost: 0.000015 }, x_aibroker: { cost_usd: '0.000015000' } })
  t.equal(events.at(-1)?.data, '[DONE]')
  t.match(costsOf(scene), [{ cost: 15_000, grade: 'reported', outcome: 'answered' }])
})

t.test('56: nobody who did not ask gets a chunk without choices, and the usage is booked all the same', async (t) => {
  const scene = await chatOnly(t, [WELL])
  const { values, events } = await scene.stream()
  t.notOk(values.some(({ choices }) => Array.isArray(choices) && choices.length === 0))
  t.equal(events.at(-1)?.data, '[DONE]')
  t.match(scene.upstreams[0]?.requests[0]?.json(), { stream_options: { include_usage: true } })
  t.match(costsOf(scene), [{ cost: 15_000, grade: 'reported' }])
})

t.test('56: thoughts go out beside the text, a refusal as text; a first call is named as lost', async (t) => {
  const thinking = await chatOnly(t, [chunks(
    piece({ reasoning_content: 'hm' }), piece({ content: 'He' }), piece({ refusal: 'No.' }), piece({}, 'stop'), USAGE_FRAME, DONE)])
  const { values, response } = await thinking.stream()
  t.equal(values.map((value) => firstOf(value)['reasoning'] ?? '').join(''), 'hm')
  t.equal(textOf(values), 'HeNo.')
  t.equal(response.headers.get('x-aibroker-loss'), null, 'it was not known yet')
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const calling = await chatOnly(t, [chunks(piece({ tool_calls: [call] }), piece({}, 'tool_calls'), DONE)])
  const called = await calling.stream()
  t.equal(called.response.headers.get('x-aibroker-loss'), 'tool_calls')
  t.hasStrict(firstOf(called.values.at(-1) ?? {}), { text: '', finish_reason: 'tool_calls' })
})

const ROUTERS = ['auto', 'autocheapest', 'autobest', 'openrouter/auto']

t.test('57: what chooses by messages takes no prompt instead of them', async (t) => {
  const { complete, broker, upstreams: [upstream] } = await chatOnly(t, [answered()])
  for (const model of ROUTERS) {
    const reply = await complete({ model })
    t.equal(reply.status, 400)
    t.match(errorOf(reply), { code: 400, param: 'model', message: `${model} chooses a model by what is said: it needs messages` })
  }
  t.match(errorOf(await complete({ models: ['auto'] })), { code: 400, param: 'models', message: /needs messages/ })
  t.equal(upstream?.requests.length, 0)
  t.equal((await post(`${broker.url}/chat/completions`, { model: 'auto', messages: [{ role: 'user', content: 'a' }] })).status, 200)
})

t.test('57: the same of OpenRouter\'s own routers where OpenRouter is asked; its models take a prompt', async (t) => {
  const upstream = await provider(t, TEXT_ANSWER)
  const env = { OPENROUTER_API_KEY: 'sk-or-v1-canary', OPENROUTER_BASE_URL: upstream.url }
  const { complete } = sceneOf(await gateway(t, { env, clock: leapingClock('hasty') }), [upstream])
  for (const model of ['openrouter/auto', 'openrouter/bodybuilder', 'openrouter/auto:online']) {
    t.match(errorOf(await complete({ model })), { code: 400, message: /needs messages/ })
  }
  t.equal(upstream.requests.length, 0)
  t.equal((await complete({ model: 'openrouter/author/m' })).status, 200)
  t.same(pathsAt(upstream), ['/completions'], 'it translates for itself')
})
