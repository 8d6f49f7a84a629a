// Deadlines and stream modes by request header: over real HTTP to the ask that the exchange would get.

import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import Fastify from 'fastify'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import body from '../../plugins/body.ts'
import errors from '../../plugins/errors.ts'
import principal from '../../plugins/principal.ts'
import { readDeadlineHeaders, readStreamHeader } from '../../routes/exchange-headers.ts'
import inference from '../../routes/inference.ts'
import type { NewKey } from '../../src/keys/keys.ts'
import type { Ask, Exchange } from '../../src/exchange/ask.ts'
import { readSettings } from '../../src/settings.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { keyStore } from '../keys/store.ts'

type Wanted = Pick<Ask, 'deadlines' | 'streamMode'>

/** The inference routes in front of an exchange that only takes notes. */
async function serve (t: Test, { key, env = {} }: { key?: NewKey, env?: Record<string, string> } = {}) {
  const clock = manualClock()
  const keys = keyStore(t, [], clock)
  const token = key && keys.create(key).token
  const asks: Wanted[] = []
  const exchange: Exchange = async ({ deadlines, streamMode }, outlet) => {
    asks.push({ deadlines, streamMode })
    outlet.begin(204, [])
    outlet.end()
  }
  const home = t.testdir()
  const settings = readSettings({ home }, env)
  const gateway = { settings, keys, clock, log: pino({ level: 'silent' }), exchange } as never
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  app.decorate('gateway', gateway)
  app.decorateRequest('isExchange', false)
  await app.register(errors, { gateway })
  await app.register(principal, { gateway })
  await app.register(body)
  await app.register(inference, { prefix: '/v1', gateway })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...token && { authorization: `Bearer ${token}` }, ...headers },
      body: '{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    })
    const text = await response.text()
    return { status: response.status, text, json: () => JSON.parse(text) }
  }
  return { url, asks, ask }
}

t.test('without any of the headers nothing is wanted', async (t) => {
  const { ask, asks } = await serve(t)
  t.equal((await ask({})).status, 204)
  t.same(asks, [{ deadlines: undefined, streamMode: undefined }])
})

t.test('every deadline can be set, in seconds or with a unit, and only what is said is there', async (t) => {
  const { ask, asks } = await serve(t)
  await ask({
    'X-Aibroker-Timeout-Connect': '1500ms',
    'X-Aibroker-Timeout-First-Byte': '2.5',
    'X-Aibroker-Timeout-First-Event': '30s',
    'X-Aibroker-Timeout-Between': '1',
    'X-Aibroker-Timeout-Total': '2m'
  })
  await ask({ 'x-aibroker-timeout-total': '0.001' })
  t.same(asks.map(({ deadlines }) => deadlines), [
    { connectMs: 1_500, firstByteMs: 2_500, firstEventMs: 30_000, betweenMs: 1_000, totalMs: 120_000 },
    { totalMs: 1 }
  ])
})

t.test('a deadline reaches up to the operator\'s total and no further', async (t) => {
  const { ask, asks } = await serve(t, { env: { AIBROKER_TOTAL_TIMEOUT_MS: '90500' } })
  t.equal((await ask({ 'x-aibroker-timeout-between': '90.5' })).status, 204)
  t.same(asks, [{ deadlines: { betweenMs: 90_500 }, streamMode: undefined }])

  const { status, json } = await ask({ 'x-aibroker-timeout-between': '90501ms' })
  t.equal(status, 400)
  t.match(json().error, {
    message: 'The header X-Aibroker-Timeout-Between must be a time from 1ms to 90.5s, such as 5, 1500ms or 1m.',
    param: 'X-Aibroker-Timeout-Between'
  })
})

t.test('where the operator sets no bound it is a day', async (t) => {
  const { ask, asks } = await serve(t, { env: { AIBROKER_TOTAL_TIMEOUT_MS: '0' } })
  t.equal((await ask({ 'x-aibroker-timeout-total': '86400' })).status, 204)
  t.equal((await ask({ 'x-aibroker-timeout-total': '86401' })).status, 400)
  t.same(asks, [{ deadlines: { totalMs: 86_400_000 }, streamMode: undefined }])
})

t.test('a header that says nothing is a 400, its value is not repeated, and nothing is asked', async (t) => {
  const { ask, asks } = await serve(t)
  for (const value of ['0', '0ms', '0.0', '-1', 'sk-secret', '', '1h', '1e3', '5 s', '0.5ms', '1, 2', 'Infinity', '99999999999']) {
    const { status, text } = await ask({ 'x-aibroker-timeout-first-byte': value })
    t.equal(status, 400, JSON.stringify(value))
    t.match(text, 'X-Aibroker-Timeout-First-Byte')
    t.notMatch(text, 'sk-secret')
  }
  for (const value of ['Resume', 'on', '', 'live, live', 'sk-secret']) {
    const { status, text, json } = await ask({ 'x-aibroker-stream': value })
    t.equal(status, 400, JSON.stringify(value))
    t.equal(json().error.message, 'The header X-Aibroker-Stream must be one of live, resume, atomic.')
    t.notMatch(text, 'sk-secret')
  }
  t.same(asks, [])
})

t.test('a stream mode by header counts before that of the key', async (t) => {
  const { ask, asks } = await serve(t, { key: { streamMode: 'resume' } })
  await ask({})
  for (const mode of ['live', 'resume', 'atomic']) await ask({ 'x-aibroker-stream': mode })
  t.same(asks.map(({ streamMode }) => streamMode), ['resume', 'live', 'resume', 'atomic'])
})

t.test('a key without a stream mode leaves it open', async (t) => {
  const { ask, asks } = await serve(t, { key: {} })
  await ask({})
  t.same(asks, [{ deadlines: undefined, streamMode: undefined }])
})

t.test('a form has the same headers, and a wrong one is refused before the upload', async (t) => {
  const { url, asks } = await serve(t)
  const form = new FormData()
  form.append('model', 'm')
  form.append('file', new Blob(['x']), 'a.wav')
  const path = `${url}/v1/audio/transcriptions`
  const answer = await fetch(path, { method: 'POST', body: form, headers: { 'x-aibroker-timeout-total': '3' } })
  t.equal(answer.status, 204)
  t.same(asks, [{ deadlines: { totalMs: 3_000 }, streamMode: undefined }])

  const endless = httpRequest(path, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1_000_000, 'x-aibroker-timeout-total': 'x' }
  })
  endless.on('error', () => {}) // the broker closes on a body that never comes
  endless.write('--b\r\n')
  const [refused] = await once(endless, 'response')
  t.equal(refused.statusCode, 400)
  endless.destroy()
})

t.test('a page of a granted origin may send the headers', async (t) => {
  const { url } = await serve(t, { env: { AIBROKER_ALLOWED_ORIGINS: 'https://app.example' } })
  const asked = 'content-type, x-aibroker-stream, x-aibroker-timeout-connect, x-aibroker-timeout-first-event'
  const { status, headers } = await fetch(`${url}/v1/chat/completions`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked
    }
  })
  t.equal(status, 204)
  t.equal(headers.get('access-control-allow-headers'), asked)
})

t.test('requests without the headers make no object', async (t) => {
  const headers = { host: 'x', 'content-type': 'application/json' }
  t.equal(readDeadlineHeaders(headers, 1_000), undefined)
  t.equal(readStreamHeader(headers), undefined)
})

t.test('a header of ours that nobody knows is a 400 with the nearest one', async (t) => {
  const { ask, asks } = await serve(t)
  for (const [name, near] of [
    ['X-Aibroker-Timeout', 'x-aibroker-timeout-total'], ['X-Aibroker-Max-Cost', 'x-aibroker-max-cost-usd'],
    ['x-aibroker-streams', 'x-aibroker-stream']
  ] as const) {
    const refused = await ask({ [name]: '1' })
    t.equal(refused.status, 400)
    t.match(refused.json().error, { param: name.toLowerCase(), message: new RegExp(`${name.toLowerCase()} means nothing here`) })
    if (near !== 'x-aibroker-timeout-total') t.match(refused.text, `Did you mean ${near}?`)
  }
  t.same(asks, [])
  t.equal((await ask({ 'x-amz-thing': '1', 'x-aibroker-relay': 'exact' })).status, 204)
})
