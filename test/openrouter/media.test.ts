// OpenRouter's dialect, checks 66 and 67: vectors, and pages that call (13).

import OpenAI from 'openai'
import t from 'tap'
import { post } from '../helper.ts'
import { answerJson } from '../upstreams.ts'
import { MESSAGES, scene, WELL } from './scene.ts'

const VECTORS = answerJson({
  object: 'list',
  model: 'x',
  data: [0.1, 0.2].map((value, index) => ({ object: 'embedding', index, embedding: [value, -0.25] })),
  usage: { prompt_tokens: 4, total_tokens: 4 }
})

t.test('13: a granted page may send OpenRouter\'s headers and read those of the answer', async (t) => {
  const { broker } = await scene(t, WELL)
  const origin = 'https://app.example'
  const { token } = broker.gateway.keys.create({ origins: [origin] })
  const asked = 'authorization,content-type,http-referer,x-openrouter-title,x-openrouter-metadata,x-session-id'
  const preflight = await fetch(`${broker.url}/chat/completions`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked }
  })
  t.equal(preflight.status, 204)
  t.match(preflight.headers.get('access-control-allow-methods'), 'POST')
  t.equal(preflight.headers.get('access-control-allow-headers'), asked)
  const { headers } = await post(`${broker.url}/chat/completions`, { model: 'm', stream: true, messages: MESSAGES },
    { origin, authorization: `Bearer ${token}` })
  const exposed = headers.get('access-control-expose-headers') ?? ''
  for (const name of ['X-Generation-Id', 'Retry-After', 'X-RateLimit-Reset', 'X-OpenRouter-Cache-Status']) {
    t.match(exposed, name)
  }
})

t.test('66 (SDK): vectors of a provider that knows no base64 are what OpenAI\'s client reads', async (t) => {
  const { broker } = await scene(t, VECTORS, { modelYaml: 'capabilities: [embeddings]' })
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.url, maxRetries: 0 })
  const { data } = await client.embeddings.create({ model: 'm', input: ['a', 'b'] })
  t.strictSame(data.map(({ embedding }) => embedding.map((value) => Math.fround(value))),
    [[0.1, -0.25], [0.2, -0.25]].map((vector) => vector.map(Math.fround)))
})

t.test('67: numbers where numbers are asked for, one vector for each input', async (t) => {
  const { broker } = await scene(t, VECTORS, { modelYaml: 'capabilities: [embeddings]' })
  for (const format of [undefined, 'float']) {
    const { json } = await post(`${broker.url}/embeddings`, { model: 'm', input: ['a', 'b'], encoding_format: format })
    t.match(json(), { data: [{ index: 0, embedding: [0.1, -0.25] }, { index: 1 }], usage: { prompt_tokens: 4 } })
    t.notOk('completion_tokens_details' in json().usage)
  }
})
