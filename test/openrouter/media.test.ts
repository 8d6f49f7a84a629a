// OpenRouter's dialect, checks 66-70: vectors, speech and recordings, and pages that call (13).

import OpenAI, { toFile } from 'openai'
import t from 'tap'
import { gateway, post } from '../helper.ts'
import { answerJson, provider, speechBytes, transcriptionJson } from '../upstreams.ts'
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

t.test('69: speech comes as the bytes of the provider, under its type', async (t) => {
  const { broker } = await scene(t, speechBytes(), { modelYaml: 'capabilities: [tts]' })
  const response = await fetch(`${broker.url}/audio/speech`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', input: 'Hello', voice: 'alloy' })
  })
  t.equal(response.headers.get('content-type'), 'audio/mpeg')
  t.equal(Buffer.from(await response.arrayBuffer()).toString('hex'), 'fffb14c0')
})

t.test('70: a recording sent as a form comes back as text', async (t) => {
  const upstream = await provider(t, transcriptionJson({ text: 'Hello' }))
  const broker = await gateway(t, { models: { m: [{ url: upstream.url, yaml: 'per_minute: 1' }] }, modelYaml: 'capabilities: [stt]' })
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.url, maxRetries: 0 })
  const { text } = await client.audio.transcriptions.create({ model: 'm', file: await toFile(Buffer.alloc(64), 'a.wav') })
  t.equal(text, 'Hello')
})
