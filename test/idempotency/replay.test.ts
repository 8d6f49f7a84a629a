// What the second request under a key gets: the same bytes, a refusal, or a try of its own.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { post } from '../helper.ts'
import { until } from '../plugins/held.ts'
import { answerJson, chatJson, chatSse, provider, sequence, status } from '../upstreams.ts'
import { brokerOf, CHAT, held, REPLAYED, STREAM } from './asking.ts'

const VOLATILE = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', REPLAYED])

function lasting (headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !VOLATILE.has(name)))
}

for (const [what, answer, body] of [['plain answer', chatJson(), CHAT], ['stream', chatSse(), STREAM]] as const) {
  t.test(`a ${what} is given again byte for byte, without a call, a row or a cent`, async (t) => {
    const { upstream, ask, exchanges, broker } = await brokerOf(t, answer)
    const first = await ask('k', body)
    const usage = await (await fetch(`${broker.url}/billing/usage`)).text()
    const second = await ask('k', body)

    t.equal(first.status, 200)
    t.notOk(first.headers.has(REPLAYED))
    t.equal(second.text, first.text)
    t.equal(second.status, 200)
    t.equal(second.headers.get(REPLAYED), 'true')
    t.same(lasting(second.headers), lasting(first.headers))
    t.ok(second.headers.get('x-generation-id')?.startsWith('gen-'))
    t.equal(upstream.requests.length, 1)
    t.equal(exchanges(), 1)
    t.equal(await (await fetch(`${broker.url}/billing/usage`)).text(), usage)
  })
}

t.test('a request without a key is never remembered, and each key is a request of its own', async (t) => {
  const { upstream, ask, broker } = await brokerOf(t, chatJson())
  await post(`${broker.url}/chat/completions`, CHAT)
  await post(`${broker.url}/chat/completions`, CHAT)
  await ask('a')
  await ask('b')
  t.equal(upstream.requests.length, 4)
})

t.test('another body, or another path, under the same key is a 422, also while the first one runs', async (t) => {
  const { upstream, ask, broker } = await brokerOf(t, chatJson())
  await ask('k')
  for (const answer of [
    await ask('k', { ...CHAT, temperature: 1 }),
    await ask('k', `${JSON.stringify(CHAT)} `),
    await post(`${broker.origin}/api/v1/chat/completions`, CHAT, { 'idempotency-key': 'k' })
  ]) {
    t.equal(answer.status, 422)
    t.equal(answer.json().error.metadata.reason, 'idempotency_mismatch')
    t.notOk(answer.headers.has('retry-after'))
  }
  t.equal(upstream.requests.length, 1)
  t.equal((await ask('k')).headers.get(REPLAYED), 'true', 'and the key still means the first request')
})

t.test('a request that is told as the same chat as another is another one', async (t) => {
  const { upstream, broker } = await brokerOf(t, chatJson())
  const ask = (members: JsonObject) =>
    post(`${broker.url}/responses`, { model: 'm', input: 'Hello', ...members }, { 'idempotency-key': 'k' })
  t.equal((await ask({})).status, 200)
  t.equal((await ask({ include: ['reasoning.encrypted_content'] })).status, 422)
  t.equal((await ask({})).headers.get(REPLAYED), 'true')
  t.equal(upstream.requests.length, 1)
})

t.test('a key is 1 to 255 printable characters', async (t) => {
  const { upstream, ask } = await brokerOf(t, chatJson())
  for (const key of ['', 'x'.repeat(256), 'a\tb', 'caf\u00e9']) {
    const answer = await ask(key)
    t.equal(answer.status, 400, JSON.stringify(key))
    t.match(answer.json().error, { param: 'Idempotency-Key', message: /1 to 255 printable/ })
  }
  t.equal(upstream.requests.length, 0)
  t.equal((await ask('x'.repeat(255))).status, 200)
  t.equal((await ask(' !~ \'"; DROP TABLE exchanges;')).status, 200)
})

t.test('clients do not see each other\'s answers', async (t) => {
  const env = { AIBROKER_API_KEYS: 'sk-first-0123456789abcdef,sk-second-0123456789abcdef' }
  const { upstream, ask } = await brokerOf(t, (call) => chatJson({ content: `to ${call.request.bytes.length}` })(call), { env })
  const first = { authorization: 'Bearer sk-first-0123456789abcdef' }
  const second = { authorization: 'Bearer sk-second-0123456789abcdef' }
  t.notOk((await ask('k', CHAT, first)).headers.has(REPLAYED))
  const other = await ask('k', { ...CHAT, user: 'other' }, second)
  t.equal(other.status, 200, 'not even a mismatch tells that the key is in use')
  t.notOk(other.headers.has(REPLAYED))
  t.equal((await ask('k', CHAT, first)).headers.get(REPLAYED), 'true')
  t.equal(upstream.requests.length, 2)
})

t.test('without client keys the address is the principal', async (t) => {
  const { upstream, ask } = await brokerOf(t, chatJson(), { env: { AIBROKER_TRUST_PROXY: '127.0.0.1' } })
  await ask('k', CHAT, { 'x-forwarded-for': '192.0.2.1' })
  t.notOk((await ask('k', CHAT, { 'x-forwarded-for': '192.0.2.2' })).headers.has(REPLAYED))
  t.ok((await ask('k', CHAT, { 'x-forwarded-for': '192.0.2.1' })).headers.has(REPLAYED))
  t.equal(upstream.requests.length, 2)
})

t.test('a refusal of the request, and a failure behind which work may lie, are the answer', async (t) => {
  for (const code of [400, 500]) {
    const { upstream, ask } = await brokerOf(t, status(code))
    const first = await ask('k')
    const calls = upstream.requests.length
    const second = await ask('k')
    t.equal(first.status, code === 400 ? 400 : 502)
    t.equal(second.status, first.status)
    t.equal(second.text, first.text)
    t.equal(second.headers.get('x-should-retry'), 'false', 'the same key can only bring the same')
    t.equal(upstream.requests.length, calls)
  }
})

t.test('a request that no provider took may be made again under its key', async (t) => {
  for (const code of [401, 402, 403, 429]) {
    const { upstream, ask, exchanges } = await brokerOf(t, sequence(status(code), chatJson()), {
      env: code === 429 ? { AIBROKER_TOTAL_TIMEOUT_MS: '100' } : {} // without it the broker would wait and ask again
    })
    const first = await ask('k')
    t.ok(first.status >= 400, `${code} is refused: ${first.status}`)
    const calls = upstream.requests.length
    const second = await ask('k')
    t.notOk(second.headers.has(REPLAYED), `${code} frees the key`)
    t.ok(exchanges() === 2, 'it is an exchange of its own')
    t.ok(upstream.requests.length >= calls)
  }
})

t.test('the refusal of a broker that stops is nobody\'s answer', async (t) => {
  await t.test('what a provider works on is not known, and not sent again', async (t) => {
    const { answer, open } = held(chatJson())
    t.teardown(open)
    const { upstream, ask, broker } = await brokerOf(t, answer)
    const first = ask('k')
    await upstream.received()
    broker.gateway.interrupt()
    t.equal((await first).json().error.metadata.reason, 'draining')
    const second = await ask('k')
    t.equal(second.status, 409)
    t.equal(second.json().error.metadata.reason, 'idempotency_unknown')
    t.equal(upstream.requests.length, 1)
  })

  await t.test('what nobody took is free', async (t) => {
    const { upstream, ask, broker, exchanges } = await brokerOf(t, status(429, undefined, { 'retry-after': '4' }))
    const first = ask('k')
    await upstream.received()
    await until(() => broker.gateway.credentials.state('test0').kind === 'cooling')
    broker.gateway.interrupt()
    t.equal((await first).json().error.metadata.reason, 'draining')
    const second = await ask('k')
    t.equal(second.json().error.metadata.reason, 'all_throttled')
    t.notOk(second.headers.has(REPLAYED))
    t.equal(exchanges(), 2, 'it is an exchange of its own')
  })
})

t.test('a model nobody serves, and a provider nobody reaches, leave the key free', async (t) => {
  const { ask, upstream } = await brokerOf(t, chatJson())
  t.equal((await ask('k', { ...CHAT, model: 'unknown' })).status, 400)
  t.equal((await ask('k')).status, 200, 'not even a mismatch')
  t.equal(upstream.requests.length, 1)
})

t.test('a kept answer is not given to a request whose own limits refuse it', async (t) => {
  const { ask } = await brokerOf(t, chatJson(), { env: { AIBROKER_RATE_LIMIT_RPM: '2' } })
  await ask('k')
  await ask('k')
  const third = await ask('k')
  t.equal(third.status, 429)
  t.notOk(third.headers.has(REPLAYED))
})

t.test('the log has one line for the exchange and one for the replay', async (t) => {
  const { ask, broker } = await brokerOf(t, chatJson())
  await ask('k')
  await ask('k')
  await ask('k', STREAM)
  const lines = broker.log().trim().split('\n').map((line) => JSON.parse(line))
  t.equal(lines.filter(({ msg }) => msg === 'exchange').length, 1)
  t.match(lines.filter(({ route }) => route === '/v1/chat/completions'), [{ status: 200 }, { status: 422 }])
})

t.test('in the dry run a replay is the same answer too', async (t) => {
  const upstream = await provider(t, chatJson())
  const { ask, exchanges } = await brokerOf(t, chatJson(), { flags: { dryRun: true } })
  const first = await ask('k')
  const second = await ask('k')
  t.equal(second.text, first.text)
  t.ok(second.headers.has(REPLAYED))
  t.equal(exchanges(), 1)
  t.equal(upstream.requests.length, 0)
})

t.test('other tasks have keys as well', async (t) => {
  const vectors = { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }], model: 'm' }
  const { upstream, broker } = await brokerOf(t, answerJson(vectors), { modelYaml: 'capabilities: [embeddings]' })
  const ask = () => post(`${broker.url}/embeddings`, { model: 'm', input: 'a' }, { 'idempotency-key': 'k' })
  t.equal((await ask()).text, (await ask()).text)
  t.equal(upstream.requests.length, 1)
})
