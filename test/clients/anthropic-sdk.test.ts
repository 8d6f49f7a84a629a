// Anthropic's own SDK against the broker, in front of providers that only know chats.

import Anthropic, {
  type APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError
} from '@anthropic-ai/sdk'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { answered, chunks, DONE, piece, scene, USAGE_FRAME, WELL } from '../openrouter/scene.ts'
import { status, type Answer } from '../upstreams.ts'

type SceneOptions = NonNullable<Parameters<typeof scene>[2]>

const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]
const ASKED = { model: 'm', max_tokens: 100, messages: MESSAGES }
const ABLE = { modelYaml: 'capabilities: [tool_calling]' }
const TOOLS = [{ name: 'weather', description: 'Tells it.', input_schema: { type: 'object' as const, properties: {} } }]

/** Nothing is tried twice: what fails, fails at once. The base is OpenRouter's for this SDK. */
async function clientOf (t: Test, answer: Answer, { apiKey = 'any', ...options }: SceneOptions & { apiKey?: string } = {}) {
  const { broker, upstream } = await scene(t, answer, options)
  const client = new Anthropic({ apiKey, baseURL: `${broker.origin}/api`, maxRetries: 0 })
  return { client, upstream, broker }
}

t.test('62 (SDK): messages.create gives a message', async (t) => {
  const { client } = await clientOf(t, answered())
  const message = await client.messages.create(ASKED)
  t.match(message, {
    id: /^msg_/,
    type: 'message',
    role: 'assistant',
    model: 'm',
    stop_reason: 'end_turn',
    content: [{ type: 'text', text: 'Hello' }],
    usage: { input_tokens: 9, output_tokens: 3 }
  })
  t.match(message._request_id, /^gen-/)
})

t.test('62 (SDK): messages.stream gives text, and the same message at its end', async (t) => {
  const { client } = await clientOf(t, WELL)
  const stream = client.messages.stream(ASKED)
  const texts: string[] = []
  stream.on('text', (text) => { texts.push(text) })
  const message = await stream.finalMessage()
  t.strictSame(texts, ['Hel', 'lo'])
  t.match(message, {
    content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn', usage: { input_tokens: 9, output_tokens: 3 }
  })
})

const CALLS = chunks(
  piece({ reasoning: 'I should ' }), piece({ reasoning: 'look.' }), piece({ content: 'Let me see.' }),
  piece({ tool_calls: [{ index: 0, id: 'c0', type: 'function', function: { name: 'weather', arguments: '{"city":' } }] }),
  piece({ tool_calls: [{ index: 1, id: 'c1', type: 'function', function: { name: 'weather', arguments: '' } }] }),
  piece({ tool_calls: [{ index: 0, function: { arguments: '"Ghent"}' } }] }),
  piece({ tool_calls: [{ index: 1, function: { arguments: '{"city":"Oslo"}' } }] }),
  piece({}, 'stop'), USAGE_FRAME, DONE)

t.test('65 (SDK): thinking, text and interleaved calls are streamed one behind the other, and go back', async (t) => {
  const { client, upstream } = await clientOf(t, CALLS, ABLE)
  const message = await client.messages.stream({ ...ASKED, tools: TOOLS }).finalMessage()
  t.equal(message.stop_reason, 'tool_use')
  t.match(message.content, [
    { type: 'thinking', thinking: 'I should look.', signature: /^aibroker:/ },
    { type: 'text', text: 'Let me see.' },
    { type: 'tool_use', id: 'c0', name: 'weather', input: { city: 'Ghent' } },
    { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Oslo' } }
  ])
  const results = ['c0', 'c1'].map((id) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'Rain' }))
  const talk = [...MESSAGES, { role: 'assistant' as const, content: message.content }, { role: 'user' as const, content: results }]
  await client.messages.stream({ ...ASKED, tools: TOOLS, messages: talk }).finalMessage()
  const { messages } = JSON.parse(upstream.requests[1]?.body ?? '{}') as { messages: JsonObject[] }
  t.strictSame(messages.map(({ role }) => role), ['user', 'assistant', 'tool', 'tool'])
  t.notOk(JSON.stringify(messages).includes('aibroker'), 'our signature is for nobody else')
})

t.test('63 (SDK): errors have their classes', async (t) => {
  const { client } = await clientOf(t, status(500))
  const failed = async (call: Promise<unknown>, type: abstract new (...values: never[]) => APIError, part: object) => {
    const error = await call.then(() => undefined, (thrown: unknown) => thrown)
    t.ok(error instanceof type, type.name)
    t.match(error, part)
  }
  await failed(client.messages.create(ASKED), InternalServerError, { status: 502, error: { error: { type: 'api_error' } } })
  await failed(client.messages.create({ ...ASKED, model: 'nobody' }), BadRequestError, { error: { error: { type: 'invalid_request_error' } } })
  await failed(client.messages.create({ ...ASKED, model: 'm@preset/none' }), NotFoundError, { error: { error: { type: 'not_found_error' } } })
  await failed(client.messages.stream(ASKED).finalMessage(), InternalServerError, { status: 502 })
  const throttled = await clientOf(t, status(429, undefined, { 'retry-after': '7' }))
  await failed(throttled.client.messages.create(ASKED), RateLimitError, { error: { error: { type: 'rate_limit_error' } } })
  const locked = await clientOf(t, answered(), { apiKey: 'sk-wrong', env: { AIBROKER_API_KEYS: 'sk-right' } })
  await failed(locked.client.messages.create(ASKED), AuthenticationError, { error: { error: { type: 'authentication_error' } } })
})

t.test('63 (SDK): an error inside of a stream is raised', async (t) => {
  const { client } = await clientOf(t, chunks(piece({ content: 'Hel' }), 'data: {"error":{"message":"no more"}}\n\n', DONE))
  const stream = client.messages.stream(ASKED)
  await t.rejects(stream.finalMessage(), { message: /no more/ })
})

t.test('6 (SDK): the key may come as x-api-key alone', async (t) => {
  const { broker } = await clientOf(t, answered(), { env: { AIBROKER_API_KEYS: 'sk-right' } })
  const ask = (headers: Record<string, string>) => fetch(`${broker.url}/messages?beta=true`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers }, body: JSON.stringify(ASKED)
  })
  t.equal((await ask({ 'x-api-key': 'sk-right', 'anthropic-beta': 'a-2026,b-2026' })).status, 200)
  const refused = await ask({ 'x-api-key': 'sk-wrong' })
  t.equal(refused.status, 401)
  t.match(await refused.json(), { type: 'error', error: { type: 'authentication_error' }, request_id: /^req-/ })
})

t.test('countTokens gives a number without asking anybody', async (t) => {
  const { client, upstream } = await clientOf(t, answered())
  const { input_tokens: few } = await client.messages.countTokens({ model: 'm', messages: MESSAGES })
  const { input_tokens: many } = await client.messages.countTokens({
    model: 'm', system: 'word '.repeat(1_000), messages: MESSAGES, tools: TOOLS
  })
  t.ok(few > 0 && few < 30, String(few))
  t.ok(many > 1_000 && many < 2_500, String(many))
  t.equal(upstream.requests.length, 0)
})

t.test('what Claude Code probes is answered', async (t) => {
  const { broker } = await clientOf(t, answered(), { env: { AIBROKER_API_KEYS: 'sk-right' } })
  for (const path of ['/', '/api/hello']) {
    const response = await fetch(broker.origin + path, { method: 'HEAD' })
    t.equal(response.status, 200, path)
  }
})
