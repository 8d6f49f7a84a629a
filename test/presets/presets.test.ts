// Presets, checks 93 and 118: made from a request, used by name.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { post } from '../helper.ts'
import { answered, errorOf, MESSAGES, openrouterScene, scene } from '../openrouter/scene.ts'

const tool = (name: string, description: string) => ({ type: 'function', function: { name, description } })
const BODY: JsonObject = {
  model: 'm',
  temperature: 0.2,
  top_p: 0.9,
  stream: true,
  tools: [tool('a', 'kept'), tool('b', 'kept')],
  messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'not kept' }]
}
const ABLE = { modelYaml: 'capabilities: [tool_calling]' }

async function kept (t: Parameters<typeof scene>[0]) {
  const made = await scene(t, answered(), ABLE)
  const reply = await post(`${made.broker.url}/presets/brief/chat/completions`, BODY)
  t.equal(reply.status, 200, reply.text)
  return { ...made, reply }
}

t.test('93: a request is kept without its messages, and nothing is sent for it', async (t) => {
  const { reply, upstream, broker } = await kept(t)
  t.equal(upstream.requests.length, 0)
  const { data } = reply.json()
  t.match(data, { slug: 'brief', status: 'active', designated_version: { version: 1, system_prompt: 'Be brief.' } })
  t.strictSame(Object.keys(data.designated_version.config).sort(), ['model', 'temperature', 'tools', 'top_p'])
  const get = async (path: string) => (await fetch(`${broker.url}/presets${path}`)).json()
  t.strictSame(await get('/brief'), { data })
  t.match(await get(''), { data: [{ slug: 'brief', designated_version_id: data.designated_version.id }], total_count: 1 })
  await post(`${broker.url}/presets/brief/chat/completions`, { model: 'm', temperature: 1 })
  t.match(await get('/brief'), { data: { designated_version: { version: 2, system_prompt: null, config: { temperature: 1 } } } })
  t.match(await get('/brief/versions'), { data: [{ version: 1 }, { version: 2 }], total_count: 2 })
  t.match(await get('/brief/versions/1'), { data: { version: 1, config: { temperature: 0.2 } } })
  t.equal((await fetch(`${broker.url}/presets/brief/versions/3`)).status, 404)
})

t.test('93: a request of /responses is kept as the chat it is told as', async (t) => {
  const { broker, ask, upstream } = await scene(t, answered(), ABLE)
  const body = { model: 'm', instructions: 'Be brief.', max_output_tokens: 7, input: 'not kept', tools: [{ type: 'function', name: 'a' }] }
  const reply = await post(`${broker.url}/presets/brief/responses`, body)
  t.match(reply.json().data.designated_version, { system_prompt: 'Be brief.', config: { model: 'm', max_completion_tokens: 7 } })
  t.equal((await post(`${broker.url}/presets/brief/responses`, { instructions: 1 })).status, 400)
  await ask({ model: '@preset/brief' })
  t.match(upstream.requests[0]?.json(), { max_completion_tokens: 7, tools: [{ function: { name: 'a' } }], messages: [{ role: 'system' }] })
  await post(`${broker.url}/responses`, { model: '@preset/brief', input: 'Hi' })
  t.match(upstream.requests[1]?.json(), { messages: [{ role: 'system', content: 'Be brief.' }, { content: 'Hi' }] })
})

t.test('93: a preset fills in what the request leaves out; members of the request win, tools are united', async (t) => {
  const { ask, upstream } = await kept(t)
  const tools = [tool('c', 'own'), tool('b', 'own')]
  for (const named of [{ model: '@preset/brief' }, { model: 'm@preset/brief' }, { model: 'm', preset: 'brief' }]) {
    const reply = await ask({ ...named, temperature: 1.50, tools })
    t.equal(reply.status, 200, reply.text)
    const sent = upstream.requests.at(-1)?.json()
    t.match(sent, { model: 'm-upstream', temperature: 1.5, top_p: 0.9 })
    t.strictSame(sent?.['tools'], [tool('a', 'kept'), tool('b', 'own'), tool('c', 'own')])
    t.strictSame(sent?.['messages'], [{ role: 'system', content: 'Be brief.' }, ...MESSAGES as JsonObject[]])
    t.notOk('preset' in (sent ?? {}) || 'stream' in (sent ?? {}))
  }
  const messages = [{ role: 'developer', content: 'Own.' }, { role: 'user', content: 'Hello' }]
  await ask({ model: '@preset/brief', messages })
  t.strictSame(upstream.requests.at(-1)?.json()['messages'], messages)
})

t.test('118: a preset nobody made is 404, in the envelope of errors', async (t) => {
  const { ask, upstream, broker } = await scene(t, answered())
  for (const model of ['@preset/none', 'm@preset/none', '@preset/']) {
    const reply = await ask({ model })
    t.equal(reply.status, 404)
    t.match(errorOf(reply), { code: 404, message: /No preset/, metadata: { error_type: 'not_found' } })
  }
  t.equal((await fetch(`${broker.url}/presets/none`)).status, 404)
  t.equal(upstream.requests.length, 0)
})

t.test('118: a preset that only OpenRouter may know goes to OpenRouter as it came', async (t) => {
  const { ask, upstream } = await openrouterScene(t, answered())
  t.equal((await ask({ preset: 'theirs' })).status, 200)
  t.equal(upstream.requests[0]?.json()['preset'], 'theirs')
})

t.test('93: who may not administer may not make one; names and sizes have limits', async (t) => {
  const env = { AIBROKER_API_KEYS: 'operator-key-0123456789' }
  const { broker } = await scene(t, answered(), { env })
  const operator = { authorization: 'Bearer operator-key-0123456789' }
  const { key } = (await post(`${broker.url}/keys`, { name: 'a' }, operator)).json()
  const make = (slug: string, body: JsonObject, headers: Record<string, string> = operator) =>
    post(`${broker.url}/presets/${slug}/chat/completions`, body, headers)
  t.equal((await make('a', BODY, { authorization: `Bearer ${key}` })).status, 403)
  t.equal((await make('a', BODY)).status, 200)
  t.equal((await make('A.b', BODY)).status, 400)
  t.equal((await make('b', { messages: [{ role: 'system', content: 'x'.repeat(70_000) }] })).status, 400)
})
