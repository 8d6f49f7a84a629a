// OpenRouter's plugins, checks 124 and 125: which of them the broker runs itself, and what becomes of the others.

import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post } from '../helper.ts'
import { answered, chunks, DONE, errorOf, firstOf, openrouterScene, piece, scene } from '../openrouter/scene.ts'
import { provider } from '../upstreams.ts'

const HEALING = { plugins: [{ id: 'response-healing' }], response_format: { type: 'json_schema', json_schema: { name: 'a' } } }
const ABLE = { modelYaml: 'capabilities: [json_schema]' }
const FENCED = 'Here it is [as asked]:\n```json\n{name: "Ada", "tags": ["a", "b",],}\n```\nAnything else?'

function contentOf (answer: JsonObject): string {
  return String((firstOf(answer)['message'] as JsonObject)['content'])
}

t.test('124: content in a fence, with a trailing comma and a bare name, becomes JSON', async (t) => {
  const { ask, upstream } = await scene(t, answered({ content: FENCED }), ABLE)
  const reply = await ask(HEALING)
  t.strictSame(JSON.parse(contentOf(reply.json())), { name: 'Ada', tags: ['a', 'b'] })
  t.equal(reply.headers.get('x-aibroker-healed'), 'content')
  t.notOk('plugins' in (upstream.requests[0]?.json() ?? {}), 'the plugin is ours to run')
})

t.test('124: without the plugin, a format, or where it is switched off, content stays as it is', async (t) => {
  const { ask } = await scene(t, answered({ content: FENCED }), ABLE)
  const bodies: JsonObject[] = [
    { plugins: HEALING.plugins }, { response_format: HEALING.response_format },
    { ...HEALING, plugins: [{ id: 'response-healing', enabled: false }] }
  ]
  for (const body of bodies) {
    const reply = await ask(body)
    t.equal(contentOf(reply.json()), FENCED)
    t.equal(reply.headers.get('x-aibroker-healed'), null)
  }
  const exact = await ask(HEALING, { 'x-aibroker-relay': 'exact' })
  t.equal(contentOf(exact.json()), FENCED)
})

t.test('124: an answer that broke off at its limit is not mended', async (t) => {
  const { ask } = await scene(t, answered({ content: '{"a": [1' }, { finish_reason: 'length' }), ABLE)
  t.equal(contentOf((await ask(HEALING)).json()), '{"a": [1')
})

t.test('124: a stream is untouched', async (t) => {
  const { stream } = await scene(t, chunks(piece({ content: '```json\n{a:1,}\n```' }), piece({}, 'stop'), DONE), ABLE)
  t.match((await stream(HEALING)).text, '```json\n{a:1,}\n```')
})

t.test('124: towards OpenRouter request and answer go as they came', async (t) => {
  const { ask, upstream } = await openrouterScene(t, answered({ content: FENCED }))
  const reply = await ask({ plugins: HEALING.plugins, response_format: { type: 'json_object' } })
  t.equal(contentOf(reply.json()), FENCED)
  t.strictSame(upstream.requests[0]?.json()['plugins'], HEALING.plugins)
})

/** So many messages of a thousand letters, the number of each in front. */
function conversation (count: number): JsonObject[] {
  return Array.from({ length: count }, (_, at) =>
    ({ role: at % 2 === 0 ? 'user' : 'assistant', content: `${at} ${'word '.repeat(200)}` }))
}

t.test('125: a prompt that is too long loses its middle; the first and last messages stay', async (t) => {
  const { ask, upstream } = await windowed(t)
  const system = { role: 'system', content: 'Be brief.' }
  const messages = [system, ...conversation(61)]
  const reply = await ask({ messages, plugins: [{ id: 'context-compression', engine: 'middle-out' }] })
  t.equal(reply.status, 200)
  const sent = upstream.requests[0]?.json()['messages'] as JsonObject[]
  t.strictSame([sent[0], sent[1], sent.at(-1)], [system, messages[1], messages.at(-1)])
  t.ok(sent.length < messages.length && sent.length > 10, `${sent.length} messages are left`)
  t.ok(sent.every((message) => messages.some((own) => own['content'] === message['content'])), 'and they are whole')
  t.match(reply.headers.get('x-aibroker-edits'), 'messages')
})

t.test('125: one message that is too long loses the middle of its text', async (t) => {
  const { ask, upstream } = await windowed(t)
  const content = `begin ${'é wörd '.repeat(7_000)} end`
  t.equal((await ask({ messages: [{ role: 'user', content }] })).status, 200)
  const [sent] = upstream.requests[0]?.json()['messages'] as JsonObject[]
  const text = String(sent?.['content'])
  t.match(text, /^begin .*\n\[…\]\n.* end$/s)
  t.notMatch(text, '\ufffd')
  t.ok(Buffer.byteLength(text) < 8_000 * 3)
})

t.test('125: results of tools go with their call', async (t) => {
  const { ask, upstream } = await windowed(t)
  const call = { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] }
  const result = { role: 'tool', tool_call_id: 'c', content: 'word '.repeat(200) }
  const messages = [{ role: 'user', content: 'go' }, ...Array.from({ length: 40 }, () => [call, result]).flat(), { role: 'user', content: 'on' }]
  t.equal((await ask({ messages })).status, 200)
  const sent = upstream.requests[0]?.json()['messages'] as JsonObject[]
  const count = (role: string) => sent.filter((message) => message['role'] === role).length
  t.ok(count('tool') > 0 && count('tool') < 40)
  t.equal(count('tool'), count('assistant'))
})

t.test('125: enabled: false is 400 context_length_exceeded, and nothing is sent', async (t) => {
  const { ask, upstream } = await windowed(t)
  const reply = await ask({ messages: conversation(100), plugins: [{ id: 'context-compression', enabled: false }] })
  t.equal(reply.status, 400)
  t.match(errorOf(reply), { message: /maximum context length/, metadata: { error_type: 'context_length_exceeded' } })
  t.equal(upstream.requests.length, 0)
})

t.test('125: large windows are left alone unless asked; transforms say the same in the old words', async (t) => {
  const { ask, upstream } = await windowed(t, 20_000)
  const messages = conversation(110)
  for (const body of [{}, { transforms: [] }, { transforms: ['middle-out'] }]) t.equal((await ask({ messages, ...body })).status, 200)
  const [plain, none, asked] = upstream.requests.map((request) => (request.json()['messages'] as JsonObject[]).length)
  t.strictSame([plain, none], [110, 110])
  t.ok(Number(asked) < 110)
})

t.test('125: what needs more than twice the window is refused, compressed or not', async (t) => {
  const { ask } = await windowed(t)
  const reply = await ask({ messages: conversation(140), transforms: ['middle-out'] })
  t.match(errorOf(reply), { code: 400, metadata: { error_type: 'context_length_exceeded' } })
})

t.test('a plugin that only OpenRouter has is named, and refused where nobody has it', async (t) => {
  const own = await scene(t, answered())
  for (const body of [{ plugins: [{ id: 'web' }] }, { plugins: [{ id: 'file-parser', pdf: { engine: 'native' } }] }, { transforms: ['other'] }]) {
    const reply = await own.ask(body)
    t.equal(reply.status, 400)
    t.match(errorOf(reply)['message'], /"(web|file-parser|other)".*add a backend at openrouter/)
  }
  t.equal(own.upstream.requests.length, 0)
  t.equal((await own.ask({ plugins: [{ id: 'web', enabled: false }] })).status, 200)
  const theirs = await openrouterScene(t, answered())
  t.equal((await theirs.ask({ plugins: [{ id: 'web', max_results: 2 }] })).status, 200)
  t.strictSame(theirs.upstream.requests[0]?.json()['plugins'], [{ id: 'web', max_results: 2 }])
})

t.test('128: the echo of what is sent is OpenRouter\'s alone, and a clear 400 elsewhere', async (t) => {
  const own = await scene(t, answered())
  const reply = await own.ask({ debug: { echo_upstream_body: true } })
  t.match(errorOf(reply), { code: 400, message: /debug\.echo_upstream_body/ })
  t.equal(own.upstream.requests.length, 0)
  t.equal((await own.ask({ debug: { echo_upstream_body: false } })).status, 200)
  const theirs = await openrouterScene(t, answered())
  t.equal((await theirs.ask({ debug: { echo_upstream_body: true } })).status, 200)
  t.strictSame(theirs.upstream.requests[0]?.json()['debug'], { echo_upstream_body: true })
})

t.test('plugins that are no plugins are 400, naming the member', async (t) => {
  const { ask } = await scene(t, answered())
  const wrong: Array<[JsonObject, string]> = [
    [{ plugins: 'web' }, 'plugins'], [{ plugins: ['web'] }, 'plugins.0'], [{ plugins: [{}] }, 'plugins.0.id'],
    [{ plugins: [{ id: 'web', enabled: 'no' }] }, 'plugins.0.enabled'], [{ transforms: 'middle-out' }, 'transforms'],
    [{ plugins: [{ id: 'context-compression', engine: 'other' }] }, 'plugins.0.engine']
  ]
  for (const [body, param] of wrong) t.match(errorOf(await ask(body)), { code: 400, param })
})

/** Model `m` with a window of so many tokens. */
async function windowed (t: Test, windowTokens = 8_000) {
  const upstream = await provider(t, answered())
  const config = `providers:
  small: { wire: openai-chat, base_url: "${upstream.url}", credential: none }
models:
  m:
    context_window: ${windowTokens}
    backends: [{ provider: small, model_id: m-upstream, input_cost: 1, output_cost: 2 }]
`
  const broker = await gateway(t, { config })
  return { upstream, ask: (body: JsonObject) => post(`${broker.url}/chat/completions`, { model: 'm', ...body }) }
}
