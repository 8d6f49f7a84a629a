// What goes to providers of a request in Anthropic's dialect: nothing that they would refuse, and all that they take.

import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post } from '../helper.ts'
import { answered, openrouterScene } from '../openrouter/scene.ts'
import { provider } from '../upstreams.ts'
import { asMessages } from './messages-scene.ts'

const MARK = { cache_control: { type: 'ephemeral' } }
const RICH: JsonObject = {
  model: 'm',
  max_tokens: 10_000,
  system: [{ type: 'text', text: 'Be kind.', ...MARK }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Hi', ...MARK }] },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm', signature: 'c2ln' }, { type: 'text', text: 'Yes?' }] },
    { role: 'user', content: 'Go on' }
  ],
  tools: [{ name: 'f', input_schema: { type: 'object' }, ...MARK }],
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  temperature: 0.5,
  top_k: 5,
  cache_control: { type: 'ephemeral' },
  metadata: { user_id: 'u_session_0123abcd-0000-0000-0000-000000000000' }
}

/** The body that the provider `id` got of the rich request. */
async function sentTo (t: Test, id: string, body: JsonObject = RICH): Promise<JsonObject> {
  const { url, requests } = await provider(t, answered())
  const name = id.toUpperCase()
  const broker = await gateway(t, {
    config: `models:\n  m:\n    capabilities: [tool_calling]\n    max_output_tokens: 20000\n    backends:\n      - provider: ${id}\n        model_id: up\n`,
    env: { [`${name}_API_KEY`]: 'sk-1', [`${name}_BASE_URL`]: url }
  })
  const reply = await post(`${broker.url}/messages`, body)
  t.equal(reply.status, 200, reply.text)
  return JSON.parse(requests[0]?.body ?? '{}') as JsonObject
}

const PLAIN = [
  { role: 'system', content: 'Be kind.' }, { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Yes?' },
  { role: 'user', content: 'Go on' }
]
const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]

t.test('OpenRouter gets everything in its own words', async (t) => {
  const { ask, chat } = asMessages(await openrouterScene(t, answered()))
  const { tools: _, ...rest } = RICH
  t.equal((await ask({ ...rest })).status, 200)
  t.strictSame(chat(), {
    model: 'author/m',
    temperature: 0.5,
    top_k: 5,
    ...MARK,
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be kind.', ...MARK }] },
      { role: 'user', content: [{ type: 'text', text: 'Hi', ...MARK }] },
      {
        role: 'assistant',
        content: 'Yes?',
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm', signature: 'c2ln', format: 'anthropic-claude-v1' }]
      },
      { role: 'user', content: 'Go on' }
    ],
    max_tokens: 10_000,
    reasoning: { enabled: true, effort: 'high' },
    user: 'u_session_0123abcd-0000-0000-0000-000000000000',
    session_id: '0123abcd-0000-0000-0000-000000000000'
  })
})

t.test('OpenAI gets what it knows', async (t) => {
  t.strictSame(await sentTo(t, 'openai'), {
    model: 'up', temperature: 0.5, messages: PLAIN, max_tokens: 10_000, tools: TOOLS, user: RICH['metadata'] && (RICH['metadata'] as JsonObject)['user_id']
  })
})

t.test('121: Anthropic thinks within a budget of the output, and keeps the limit of its model where none is set', async (t) => {
  const body = await sentTo(t, 'anthropic')
  t.strictSame(body, {
    model: 'up', messages: PLAIN, max_tokens: 10_000, tools: TOOLS, thinking: { type: 'enabled', budget_tokens: 8_000 }
  })
  const { max_tokens: _, ...unlimited } = RICH
  t.hasStrict(await sentTo(t, 'anthropic', unlimited), { max_tokens: 20_000, thinking: { budget_tokens: 16_000 } })
  const tiny = await sentTo(t, 'anthropic', { ...RICH, max_tokens: 500 })
  t.equal(tiny['max_tokens'], 500, 'never more than was reserved for')
  t.notOk('thinking' in tiny)
})

t.test('DeepSeek gets its own reasoning back', async (t) => {
  const { messages } = await sentTo(t, 'deepseek')
  t.strictSame((messages as JsonObject[])[2], { role: 'assistant', content: 'Yes?', reasoning_content: 'Hm' })
})

t.test('a server that nobody knows gets no strange member', async (t) => {
  const { url, requests } = await provider(t, answered())
  const broker = await gateway(t, { models: { m: [{ url }] }, modelYaml: 'capabilities: [tool_calling]' })
  const reply = await post(`${broker.url}/messages`, RICH)
  t.equal(reply.status, 200)
  t.match(reply.headers.get('x-aibroker-edits'), /messages/)
  t.strictSame(Object.keys(JSON.parse(requests[0]?.body ?? '{}')).sort(), [
    'max_tokens', 'messages', 'model', 'temperature', 'tools', 'top_k', 'user'
  ])
})

t.test('a server that only the operator knows gets an effort for models that are said to reason', async (t) => {
  const { url, requests } = await provider(t, answered())
  const config = (capabilities: string) => `providers:
  own: { base_url: "${url}", credential: none }
models:
  m: { capabilities: [${capabilities}], backends: [{ provider: own, model_id: up }] }
`
  for (const capabilities of ['tool_calling, reasoning', 'tool_calling']) {
    const broker = await gateway(t, { config: config(capabilities) })
    t.equal((await post(`${broker.url}/messages`, RICH)).status, 200)
    const chat = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], reasoning: { effort: 'low' } }
    t.equal((await post(`${broker.url}/chat/completions`, chat)).status, 200)
  }
  const sent = requests.map(({ body }) => JSON.parse(body) as JsonObject)
  t.same(sent.map(({ reasoning_effort: effort }) => effort), ['high', 'low', undefined, undefined])
  t.same(sent.filter(({ reasoning }) => reasoning !== undefined), [])
})
