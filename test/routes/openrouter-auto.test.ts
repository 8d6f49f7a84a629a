// `auto` over HTTP, and a provider that is pinned where OpenRouter is not involved (checks 123, 143, 144, 147).

import t, { type Test } from 'tap'
import { gateway, post } from '../helper.ts'
import { chatJson, provider, status, type Answer, type TestProvider } from '../upstreams.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
const PICTURE = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://pictures.example/1.png' } }] }]
const TOOLS = [{ type: 'function', function: { name: 'f' } }]
const MODELS = `
  small: { tier: economy, backends: [{ provider: a, model_id: small, input_cost: 1, output_cost: 1 }] }
  big:
    tier: premium
    capabilities: [tool_calling, vision]
    backends: [{ provider: b, model_id: big, input_cost: 9, output_cost: 9 }]
  keyless:
    tier: premium
    capabilities: [tool_calling, vision]
    backends: [{ provider: c, model_id: keyless, input_cost: 0.1, output_cost: 0.1 }]
`

type Texts = Record<string, string>

async function broker (t: Test, models: string, env: Texts = {}, answers: Record<string, Answer> = {}) {
  const upstreams: Record<string, TestProvider> = {}
  for (const id of ['a', 'b', 'c']) upstreams[id] = await provider(t, answers[id] ?? chatJson())
  const entries = Object.entries(upstreams).map(([id, { url }]) =>
    `  ${id}: { wire: openai-chat, base_url: '${url}', credential: 'env:${id.toUpperCase()}_KEY' }`)
  const config = `providers:\n${entries.join('\n')}\nmodels:${models}`
  const { url } = await gateway(t, { config, env: { A_KEY: 'sk-a', B_KEY: 'sk-b', ...env } })
  const ask = (body: object) => post(`${url}/chat/completions`, { messages: MESSAGES, ...body })
  return { ask, upstreams }
}

t.test('143: auto is what ROUTING_STRATEGY says, its two kinds are what they say; the model is told', async (t) => {
  const expected: ReadonlyArray<readonly [Record<string, string>, string]> =
    [[{}, 'small'], [{ ROUTING_STRATEGY: 'cheapest' }, 'small'], [{ ROUTING_STRATEGY: 'best' }, 'big']]
  for (const [env, auto] of expected) {
    const { ask } = await broker(t, MODELS, env)
    for (const [name, model] of [['auto', auto], ['autocheapest', 'small'], ['autobest', 'big']]) {
      const answer = await ask({ model: name })
      t.match([answer.status, answer.json().model], [200, model], `${name} ${JSON.stringify(env)}`)
      t.equal(answer.headers.get('x-aibroker-model'), model)
    }
  }
})

t.test('144: auto with tools or a picture takes a model that can, of a provider with a key', async (t) => {
  const { ask, upstreams } = await broker(t, MODELS)
  for (const name of ['auto', 'autocheapest', 'autobest']) {
    t.equal((await ask({ model: name, tools: TOOLS })).json().model, 'big', name)
    t.equal((await ask({ model: name, messages: PICTURE })).json().model, 'big', name)
  }
  t.same([upstreams['a']?.requests.length, upstreams['c']?.requests.length], [0, 0])
  const { ask: keyed } = await broker(t, MODELS, { C_KEY: 'sk-c' })
  t.equal((await keyed({ model: 'auto', tools: TOOLS })).json().model, 'keyless')
})

const SHARED = `
  m:
    capabilities: [reasoning]
    backends:
      - { provider: a, model_id: m, priority: 1, input_cost: 1, cached_input_cost: 0.1, output_cost: 1 }
      - { provider: b, model_id: m, priority: PRIORITY, input_cost: 1, cached_input_cost: 0.1, output_cost: 1 }
`

t.test('147: order without fallbacks pins a provider of a model that is not OpenRouter\'s', async (t) => {
  const { ask, upstreams } = await broker(t, SHARED.replace('PRIORITY', '2'), {}, { b: status(503) })
  const pinned = await ask({ model: 'm', provider: { order: ['b'], allow_fallbacks: false } })
  t.equal(pinned.status, 502)
  t.equal(pinned.json().error.metadata.provider_name, 'b')
  t.equal(upstreams['a']?.requests.length, 0)
  t.equal((await ask({ model: 'm', provider: { order: ['a'], allow_fallbacks: false } })).headers.get('x-aibroker-provider'), 'a')
})

t.test('a talk whose backend read from its cache stays there', async (t) => {
  const counts = { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 }
  const caching = chatJson({ usage: { ...counts, prompt_tokens_details: { cached_tokens: 90 } } })
  const { ask } = await broker(t, SHARED.replace('PRIORITY', '1'), {}, { a: caching, b: caching })
  const served = async (content: string) =>
    (await ask({ model: 'm', messages: [{ role: 'user', content }] })).headers.get('x-aibroker-provider')
  const first = await served('one')
  for (let call = 0; call < 12; call++) t.equal(await served('one'), first)
  t.equal(new Set(await Promise.all(Array.from({ length: 24 }, (_, talk) => served(`talk ${talk}`)))).size, 2)
})

t.test('123: a signed history goes as it came, to the provider that signed it', async (t) => {
  const { ask, upstreams } = await broker(t, SHARED.replace('PRIORITY', '2'), {}, { a: status(503) })
  t.equal((await ask({ model: 'm' })).headers.get('x-aibroker-provider'), 'b')
  const before = upstreams['a']?.requests.length
  const history = [...MESSAGES, {
    role: 'assistant',
    content: 'well',
    reasoning_details: [{ type: 'reasoning.text', text: 'h\u00f6', signature: 'c2ln+/==', index: 0, id: null }]
  }, { role: 'user', content: 'and?' }]
  const answer = await ask({ model: 'm', messages: history })
  t.equal(answer.headers.get('x-aibroker-provider'), 'b')
  t.equal(upstreams['a']?.requests.length, before, 'who cannot read it is not asked')
  t.ok(upstreams['b']?.requests.at(-1)?.body.includes(JSON.stringify(history)), 'byte for byte')
})
