// OpenAI's client with keys: its own second tries carry the key of the first, and find its answer.
//
// The client sends a key by itself only where a subclass names the header (`idempotencyHeader`, made by code generation
// for vendors that have one; OpenAI's has none), and then one per call, the same for all of its tries. Otherwise the
// caller gives one in `headers`.

import t from 'tap'
import OpenAI, { toFile } from 'openai'
import { gateway } from '../helper.ts'
import { chatJson, chatSse, provider, transcriptionJson } from '../upstreams.ts'
import { held } from './asking.ts'

const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]

class KeyedOpenAI extends OpenAI {
  protected override idempotencyHeader = 'Idempotency-Key'
}

t.test('a call whose connection is lost is tried again by the client, and served once', async (t) => {
  const { answer, open } = held(chatJson())
  const upstream = await provider(t, answer)
  const broker = await gateway(t, { models: { m: [{ url: upstream.url }] } })
  const keys: Array<string | null> = []
  const statuses: number[] = []
  const client = new KeyedOpenAI({
    apiKey: 'any',
    baseURL: broker.url,
    maxRetries: 3,
    async fetch (url, init) {
      keys.push(new Headers(init?.headers).get('idempotency-key'))
      const leaving = new AbortController()
      const response = fetch(url, { ...init, signal: leaving.signal } as RequestInit)
      if (keys.length === 1) {
        await upstream.received()
        leaving.abort()
      }
      const { status } = await response
      statuses.push(status)
      if (status === 409) open()
      return await response
    }
  })

  const chat = await client.chat.completions.create({ model: 'm', messages: MESSAGES })
  t.equal(chat.choices[0]?.message.content, 'Hello')
  t.match(keys[0], /^stainless-node-retry-/)
  t.equal(new Set(keys).size, 1)
  t.same(statuses, [409, 200], 'its second try found the first one running, its third the answer')
  t.equal(upstream.requests.length, 1)
})

t.test('a stream is read again as if it came from the provider', async (t) => {
  const upstream = await provider(t, chatSse({ pieces: ['Hel', 'lo'] }))
  const broker = await gateway(t, { models: { m: [{ url: upstream.url }] } })
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.url, maxRetries: 0 })
  const read = async () => {
    let text = ''
    const headers = { 'Idempotency-Key': 'mine' }
    for await (const { choices } of await client.chat.completions.create(
      { model: 'm', messages: MESSAGES, stream: true }, { headers })) text += choices[0]?.delta.content ?? ''
    return text
  }
  t.equal(await read(), 'Hello')
  t.equal(await read(), 'Hello')
  t.equal(upstream.requests.length, 1)
})

t.test('an upload is the same request although each try of it has a boundary of its own', async (t) => {
  const upstream = await provider(t, transcriptionJson())
  const broker = await gateway(t, {
    models: { m: [{ url: upstream.url }] }, modelYaml: 'capabilities: [transcription]'
  })
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.url, maxRetries: 0 })
  const options = { headers: { 'Idempotency-Key': 'mine' } }
  const ask = async (bytes: Buffer) =>
    await client.audio.transcriptions.create({ model: 'm', file: await toFile(bytes, 'a.wav') }, options).asResponse()
  const sound = Buffer.alloc(2_000_000, 'sound') // waits in a file on its way
  const first = await (await ask(sound)).text()
  const second = await ask(sound)
  t.equal(await second.text(), first)
  t.equal(second.headers.get('x-aibroker-idempotent-replay'), 'true')
  t.equal(upstream.requests.length, 1)
  await t.rejects(ask(Buffer.alloc(2_000_000, 'noise')), { status: 422, message: /another request/ })
  t.equal(upstream.requests.length, 1)
})

t.test('an error that only another key can change is not tried again', async (t) => {
  const upstream = await provider(t, chatJson({ content: 'x'.repeat(5_000) }))
  const broker = await gateway(t, { models: { m: [{ url: upstream.url }] }, env: { AIBROKER_IDEMPOTENT_LIMIT: '1000' } })
  let tries = 0
  const client = new OpenAI({
    apiKey: 'any',
    baseURL: broker.url,
    maxRetries: 5,
    fetch (url, init) {
      tries++
      return fetch(url, init as RequestInit)
    }
  })
  const ask = () => client.chat.completions.create({ model: 'm', messages: MESSAGES }, { headers: { 'Idempotency-Key': 'mine' } })
  t.equal((await ask()).choices[0]?.message.content?.length, 5_000)
  await t.rejects(ask(), { status: 409, message: /not kept/ })
  t.equal(tries, 2)
  t.equal(upstream.requests.length, 1)
})
