// Every route counts in the requests per minute of key and address, as inference does; health and metrics do not.

import t from 'tap'
import { ASK, keyApi } from './keys-api.ts'

const HASH = '0'.repeat(64)
const DOORS: ReadonlyArray<readonly [method: string, path: string, body?: object]> = [
  ['GET', '/v1/key'],
  ['GET', '/api/v1/auth/key'],
  ['GET', '/v1/credits'],
  ['GET', '/v1/generation?id=gen-1-x'],
  ['GET', '/v1/generation/content?id=gen-1-x'],
  ['POST', '/v1/generation/feedback', { generation_id: 'gen-1-x', category: 'other' }],
  ['GET', '/v1/activity'],
  ['GET', '/v1/keys'],
  ['POST', '/api/v1/keys', { name: 'x' }],
  ['GET', `/v1/keys/${HASH}`],
  ['PATCH', `/v1/keys/${HASH}`, { name: 'x' }],
  ['DELETE', `/v1/keys/${HASH}`],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/count'],
  ['GET', '/v1/models/user'],
  ['GET', '/v1/models/m'],
  ['GET', '/v1/model/m'],
  ['GET', '/v1/embeddings/models'],
  ['GET', '/v1/endpoints/zdr'],
  ['GET', '/v1/providers'],
  ['GET', '/v1/parameters/m'],
  ['GET', '/v1/billing/usage'],
  ['GET', '/v1/billing/usage/127.0.0.1'],
  ['GET', '/v1/exchanges/gen-1-x/explain'],
  ['POST', '/v1/explain', ASK],
  ['POST', '/v1/chat/completions?dry_run=1', ASK]
]

t.test('each of them counts for its key: the next request of that minute is a 429, whatever it asks for', async (t) => {
  const { call, ask, gateway } = await keyApi(t)
  for (const [method, path, body] of DOORS) {
    const { token } = gateway.keys.create({ name: 'slow', rpm: 1 })
    const first = await call(method, path, body, token)
    t.not(first.status, 429, `${method} ${path}`)
    const second = await call(method, path, body, token)
    t.equal(second.status, 429, `${method} ${path}`)
    t.match(second.body.error.metadata, { reason: 'rate_limited', error_type: 'rate_limit_exceeded' })
    t.ok(Number(second.headers.get('retry-after')) > 0)
    t.equal((await ask(token)).status, 429, 'and inference hears of it')
  }
})

t.test('an address that asks for its balance all the time is told so, with every key it has', async (t) => {
  const { call, ask, gateway, origin } = await keyApi(t, { env: { AIBROKER_RATE_LIMIT_RPM: '5' } })
  const keys = [gateway.keys.create({}), gateway.keys.create({})].map(({ token }) => token)
  const statuses = []
  for (let number = 0; number < 6; number++) {
    statuses.push((await call('GET', number % 2 ? '/v1/key' : '/v1/credits', undefined, keys[number % 2])).status)
  }
  t.same(statuses, [200, 200, 200, 200, 200, 429])
  t.equal((await ask(keys[0] ?? '')).status, 429)
  for (const path of ['/v1/models', '/v1/billing/usage.csv', '/openapi.json', '/docs']) {
    const { status } = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${keys[0]}` } })
    t.equal(status, 429, path)
  }
  for (const path of ['/health', '/healthz', '/health/liveness', '/health/readiness']) {
    t.equal((await fetch(`${origin}${path}`)).status, 200, `${path} counts nowhere`)
  }
})

t.test('they take no place: who may run one request at a time asks for the balance while it runs', async (t) => {
  const { call, gateway } = await keyApi(t)
  const { token } = gateway.keys.create({ maxInFlight: 0 })
  t.equal((await call('GET', '/v1/key', undefined, token)).status, 200)
  t.equal((await call('POST', '/v1/chat/completions', ASK, token)).status, 429)
})
