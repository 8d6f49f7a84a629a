// Requests under one key at the same time, and clients that do not wait for their answers.

import t from 'tap'
import { request as rawRequest } from 'node:http'
import { post } from '../helper.ts'
import { chatJson, chatSse, cutAfterBytes, readSse } from '../upstreams.ts'
import { brokerOf, CHAT, held, REPLAYED, STREAM } from './asking.ts'

t.test('of 50 pairs at once, the provider sees 50 requests, and every pair has one answer', async (t) => {
  const { upstream, ask, exchanges } = await brokerOf(t, (call) => chatJson({ content: call.request.body })(call))
  const pairs = await Promise.all(Array.from({ length: 50 }, async (_, at) => {
    const body = { ...CHAT, user: `user ${at}` }
    const pair = await Promise.all([ask(`k${at}`, body), ask(`k${at}`, body)])
    return { pair, again: await ask(`k${at}`, body) }
  }))

  t.equal(upstream.requests.length, 50)
  t.equal(exchanges(), 50)
  for (const { pair, again } of pairs) {
    const [first, second] = [...pair].sort((a, b) => a.status - b.status)
    t.equal(first?.status, 200)
    t.ok(second?.status === 409 || second?.headers.has(REPLAYED))
    t.equal(again.text, first?.text)
    t.ok(again.headers.has(REPLAYED))
  }
})

t.test('while the first one runs the second is told to come back, and then finds the answer', async (t) => {
  const { answer, open } = held(chatJson())
  const { upstream, ask } = await brokerOf(t, answer)
  const first = ask('k')
  await upstream.received()
  const early = await ask('k')
  t.equal(early.status, 409)
  t.equal(early.headers.get('retry-after'), '1')
  t.notOk(early.headers.has('x-should-retry'))
  t.equal(early.json().error.metadata.reason, 'idempotency_in_flight')
  t.equal((await ask('k', STREAM)).status, 422, 'another request is told so at once')
  open()
  const { text } = await first
  t.equal((await ask('k')).text, text)
  t.equal(upstream.requests.length, 1)
})

t.test('a client that leaves before its answer finds it when it comes back', async (t) => {
  for (const [body, make] of [[CHAT, chatJson], [STREAM, chatSse]] as const) {
    const { answer, open } = held(make())
    const { upstream, ask, broker, exchanges } = await brokerOf(t, answer)
    await leaveBefore(broker.url, body, () => upstream.received())
    t.equal((await ask('k', body)).status, 409, 'it still runs')
    open()
    const again = await patiently(() => ask('k', body))
    t.equal(again.status, 200)
    t.ok(again.headers.has(REPLAYED))
    if (body === STREAM) t.ok(again.text.endsWith('data: [DONE]\n\n'))
    else t.equal(again.json().choices[0].message.content, 'Hello')
    t.equal(upstream.requests.length, 1)
    t.equal(exchanges(), 1)
    t.equal(broker.gateway.reports.exchange(again.headers.get('x-generation-id') ?? '')?.status, 200)
  }
})

t.test('without a key a client that leaves still cancels the call', async (t) => {
  const { answer } = held(chatJson())
  const { upstream, broker } = await brokerOf(t, answer)
  await leaveBefore(broker.url, CHAT, () => upstream.received(), {})
  await upstream.closed()
  t.pass()
})

t.test('a client that leaves in the middle of a stream finds the whole of it', async (t) => {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  const { upstream, ask, broker } = await brokerOf(t, chatSse({ pieces: ['a', 'b', 'c'], gapBetween: (sent) => sent === 2 && opened }))
  const leaving = new AbortController()
  const response = await fetch(`${broker.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify(STREAM),
    signal: leaving.signal
  })
  await response.body?.getReader().read()
  leaving.abort()
  open()
  const again = await patiently(() => ask('k', STREAM))
  t.ok(again.headers.has(REPLAYED))
  t.match(again.text, /"content":"a".*"content":"b".*"content":"c".*\[DONE\]/s)
  t.equal(upstream.requests.length, 1)
})

t.test('a stream that broke is given as it was: the same bytes, and again no end', async (t) => {
  const frames = [
    'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}\n\n',
    'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"lo"}}]}\n\n'
  ].join('')
  const { upstream, broker } = await brokerOf(t, cutAfterBytes(Infinity, frames))
  const ask = async () => await readSse(await fetch(`${broker.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify(STREAM)
  }))
  const first = await ask()
  const calls = upstream.requests.length
  const again = await ask()
  t.equal(first.text, 'Hello')
  t.ok(first.failure)
  t.ok(first.error)
  t.equal(again.raw, first.raw)
  t.ok(again.failure, 'P6: it does not look complete')
  t.notOk(again.isDone)
  t.equal(upstream.requests.length, calls)
})

t.test('a client that leaves keeps its place until its exchange has ended: no second call before that', async (t) => {
  const { answer, open } = held(chatJson())
  const { upstream, broker, ask } = await brokerOf(t, answer, { env: { AIBROKER_QUEUE_MS: '0' } })
  const { token } = broker.gateway.keys.create({ name: 'narrow', maxInFlight: 1 })
  const own = { authorization: `Bearer ${token}` }
  await leaveBefore(broker.url, CHAT, () => upstream.received(), { 'idempotency-key': 'first', ...own })
  for (const key of ['second', 'third']) {
    const refused = await ask(key, CHAT, own)
    t.equal(refused.status, 429)
    t.equal(refused.json().error.metadata.reason, 'too_many_in_flight')
  }
  t.equal(upstream.requests.length, 1)
  open()
  await patiently(() => ask('first', CHAT, own))
  t.equal((await ask('second', CHAT, own)).status, 200, 'the place is free again')
  t.equal(upstream.requests.length, 2)
})

/** Sends a request under key `k` and hangs up when `reached` says so. */
async function leaveBefore (
  url: string, body: object, reached: () => Promise<unknown>, headers: Record<string, string> = { 'idempotency-key': 'k' }
): Promise<void> {
  const call = rawRequest(`${url}/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
  call.on('error', () => {})
  call.end(JSON.stringify(body))
  await reached()
  call.destroy()
  await new Promise((resolve) => { call.once('close', resolve) })
}

/** Asks until the request no longer runs. */
async function patiently (ask: () => ReturnType<typeof post>) {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 409 && answer.status !== 429) return answer
  }
}
