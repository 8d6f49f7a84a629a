// What POST and PATCH /keys take and refuse, pages of keys, and two changes at once.

import t from 'tap'
import { MOST_KEYS } from '../../src/keys/keys.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { keyApi } from './keys-api.ts'

const WRONG: ReadonlyArray<readonly [param: string | null, body: unknown]> = [
  ['name', {}],
  ['name', { name: '' }],
  ['name', { name: '  ' }],
  ['name', { name: 7 }],
  ['name', { name: 'x'.repeat(257) }],
  ['limit', { name: 'x', limit: '5' }],
  ['limit', { name: 'x', limit: -1 }],
  ['limit', { name: 'x', limit: true }],
  ['limit', '{"name":"x","limit":0.0000000001}'],
  ['limit', '{"name":"x","limit":1e99}'],
  ['limit', { name: 'x', limit: 9_300_000_000 }],
  ['limit_reset', { name: 'x', limit: 1, limit_reset: 'yearly' }],
  ['limit_reset', { name: 'x', limit_reset: 'daily' }],
  ['limit_reset', { name: 'x', limit: null, limit_reset: 'daily' }],
  ['expires_at', { name: 'x', expires_at: 'tomorrow' }],
  ['expires_at', { name: 'x', expires_at: '2027-02-30T00:00:00Z' }],
  ['expires_at', { name: 'x', expires_at: '2027-01-01T00:00:00+02:00' }],
  ['expires_at', { name: 'x', expires_at: '2026-11-18T12:00:00Z' }],
  ['expires_at', { name: 'x', expires_at: 1_900_000_000 }],
  ['disabled', { name: 'x', disabled: 'yes' }],
  ['include_byok_in_limit', { name: 'x', include_byok_in_limit: 1 }],
  ['creator_user_id', { name: 'x', creator_user_id: '' }],
  ['external', { name: 'x', external: { user: 5 } }],
  ['workspace_id', { name: 'x', workspace_id: '0df9e665-d932-5740-b2c7-b52af166bc11' }],
  [null, '[]'],
  [null, '{"name":']
]

t.test('86: what cannot be kept is a 400 that names the member, and makes no key', async (t) => {
  const { call } = await keyApi(t)
  for (const [param, body] of WRONG) {
    const refused = await call('POST', '/v1/keys', body)
    t.equal(refused.status, 400, JSON.stringify(body))
    t.match(refused.body.error, { code: 400, param, metadata: { error_type: 'invalid_request' } })
  }
  t.same((await call('GET', '/v1/keys?include_disabled=true')).body.data, [])
})

t.test('86: every member that is given comes back, the limit to the nano-dollar', async (t) => {
  const { call } = await keyApi(t)
  const { body: { data } } = await call('POST', '/v1/keys', '{"name":" ci ","limit":1234567.123456789,' +
    '"limit_reset":"monthly","include_byok_in_limit":true,"expires_at":"2027-12-31T23:59:59Z",' +
    '"creator_user_id":"user_1","external":{"user":"tenant-7"},"workspace_id":null,"later":{"than":"us"}}')
  t.match(data, {
    name: 'ci',
    limit: 1234567.123456789,
    limit_reset: 'monthly',
    include_byok_in_limit: true,
    expires_at: '2027-12-31T23:59:59.000Z',
    creator_user_id: 'user_1',
    external_user: 'tenant-7',
    x_aibroker: { limit_usd: '1234567.123456789' }
  })
  t.same((await call('GET', `/v1/keys/${data.hash}`)).body.data, data)
})

t.test('87: a PATCH changes what it names and nothing else; what is so already stays untouched', async (t) => {
  const { call, make, to } = await keyApi(t)
  const { hash, data } = await make({ limit: 2, limit_reset: 'weekly', expires_at: '2027-01-01T00:00:00Z' })
  const patch = async (wish: unknown) => (await call('PATCH', `/v1/keys/${hash}`, wish)).body.data
  t.same(await patch({}), data)
  t.same(await patch({ name: 'made', limit: 2, limit_reset: 'weekly', disabled: false }), data)
  to(Date.UTC(2026, 10, 18, 13))
  t.same(await patch({ limit: 3 }), {
    ...data, limit: 3, limit_remaining: 3, x_aibroker: { ...data.x_aibroker, limit_usd: '3.000000000', limit_remaining_usd: '3.000000000' }
  })
  t.match(await patch({ limit_reset: 'daily' }), { limit: 3, limit_reset: 'daily' })
  t.match(await patch({ limit_reset: null }), { limit: 3, limit_reset: null })
  t.match(await patch({ name: 'other' }), { name: 'other', limit: 3, updated_at: '2026-11-18T13:00:00.000Z' })
  for (const wrong of [{ name: null }, { limit: 'x' }, { limit: null, limit_reset: 'daily' }]) {
    t.equal((await call('PATCH', `/v1/keys/${hash}`, wrong)).status, 400)
  }
  t.match((await call('GET', `/v1/keys/${hash}`)).body.data, { name: 'other', limit: 3 }, 'a refused PATCH changes nothing')
})

t.test('87: a change that is refused half way leaves nothing of itself behind', async (t) => {
  const { call, make, ask } = await keyApi(t)
  const { hash, token } = await make()
  t.equal((await call('PATCH', `/v1/keys/${hash}`, { disabled: true, limit_reset: 'daily' })).status, 400)
  t.equal((await ask(token)).status, 200)
  t.equal((await call('POST', '/v1/keys', { name: 'x', limit_reset: 'daily' })).status, 400)
  t.equal((await call('GET', '/v1/keys')).body.data.length, 1)
})

t.test('86: an unknown hash is a 404 that does not repeat it: it may be a key', async (t) => {
  const { call, make } = await keyApi(t)
  const { token } = await make()
  for (const hash of ['0'.repeat(64), 'x', token]) {
    for (const [method, body] of [['GET'], ['PATCH', { name: 'y' }], ['DELETE']] as const) {
      const refused = await call(method, `/v1/keys/${hash}`, body)
      t.equal(refused.status, 404)
      t.equal(refused.body.error.metadata.reason, 'unknown_client_key')
      t.notMatch(refused.text, hash)
    }
  }
})

t.test('86: keys come in pages, oldest first, which keys made meanwhile do not move', async (t) => {
  const { call, make } = await keyApi(t)
  for (let number = 0; number < 5; number++) await make({ name: `key ${number}` })
  const names = async (query: string) =>
    (await call('GET', `/v1/keys?${query}`)).body.data.map(({ name }: { name: string }) => name)
  t.same(await names(''), ['key 0', 'key 1', 'key 2', 'key 3', 'key 4'])
  t.same(await names('limit=2'), ['key 0', 'key 1'])
  t.same(await names('limit=2&offset=2'), ['key 2', 'key 3'])
  t.same(await names('limit=500&offset=5'), [])
  t.same(await names('workspace_id=00000000-0000-0000-0000-000000000000&offset=4'), ['key 4'])
  for (const [param, query] of [['offset', 'offset=-1'], ['offset', 'offset=x'], ['limit', 'limit=0'],
    ['limit', 'limit=501'], ['include_disabled', 'include_disabled=maybe'], ['workspace_id', 'workspace_id=else'],
    ['offset', 'offset=1&offset=2']] as const) {
    const refused = await call('GET', `/v1/keys?${query}`)
    t.equal(refused.status, 400, query)
    t.equal(refused.body.error.param, param)
  }
})

t.test('86: two at once: every key is there once, and of two changes the second one sees the first', async (t) => {
  const { call, make } = await keyApi(t)
  const made = await Promise.all(Array.from({ length: 20 }, (_, number) => make({ name: `k${number}`, limit: 1 })))
  t.equal(new Set(made.map(({ hash }) => hash)).size, 20)
  t.equal((await call('GET', '/v1/keys')).body.data.length, 20)
  const [{ hash }] = made as [typeof made[number]]
  const changes = [{ limit: 5 }, { limit_reset: 'daily' }, { name: 'both' }, { disabled: true }]
  await Promise.all(changes.map((change) => call('PATCH', `/v1/keys/${hash}`, change)))
  t.match((await call('GET', `/v1/keys/${hash}`)).body.data, { limit: 5, limit_reset: 'daily', name: 'both', disabled: true })
  const gone = await Promise.all([1, 2, 3].map(() => call('DELETE', `/v1/keys/${hash}`)))
  t.same(gone.map(({ status, body }) => [status, body.deleted]), [[200, true], [200, true], [200, true]])
})

t.test('86: more than ten thousand keys are not made, until one is deleted', async (t) => {
  const { call, make, gateway } = await keyApi(t)
  const { hash } = await make()
  const guest = openDatabase(gateway.settings.databasePath, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  guest.sqlite.exec(`
    WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${MOST_KEYS})
    INSERT INTO client_keys (id, name, digest, created_at_ms)
    SELECT 'key_' || i, 'n', CAST(printf('%032d', i) AS BLOB), i FROM n`)
  const refused = await call('POST', '/v1/keys', { name: 'one more' })
  t.equal(refused.status, 400)
  t.equal(refused.body.error.metadata.reason, 'too_many_keys')
  await call('DELETE', `/v1/keys/${hash}`)
  t.equal((await call('POST', '/v1/keys', { name: 'one more' })).status, 201)
})

t.test('86: the limit of a key is a budget: another process lists it, and what it sets shows in the key', async (t) => {
  const { make, gateway, call } = await keyApi(t)
  const { hash, data: { x_aibroker: { id } } } = await make({ limit: 2.5, limit_reset: 'weekly' })
  const { SqliteBudgets } = await import('../../src/budgets/sqlite-budgets.ts')
  const guest = openDatabase(gateway.settings.databasePath, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const budgets = new SqliteBudgets(guest.sqlite, gateway.clock)
  const [budget] = budgets.list()
  t.match(budget, {
    name: id,
    scope: { kind: 'key', value: id },
    unit: 'usd',
    limit: 2_500_000_000n,
    window: { kind: 'calendar', every: 'week', timeZone: 'UTC' },
    isSoft: false
  })
  if (budget) budgets.set({ ...budget, limit: 7_000_000_000n })
  t.match((await call('GET', `/v1/keys/${hash}`)).body.data, { limit: 7, limit_reset: 'weekly' })
  await call('DELETE', `/v1/keys/${hash}`)
  t.same(budgets.list(), [], 'with the key its limit goes')
})
