// Client keys over HTTP: made, seen, changed and deleted by those who administer, and what the key then may do.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ASK, COST, DAY_MS, keyApi, WEDNESDAY_MS } from './keys-api.ts'
import { post } from '../helper.ts'

/** Members strict clients throw without: OpenRouter's OpenAPI document, and `external_user` of its newest SDK. */
const MEMBERS = [
  'hash', 'name', 'label', 'disabled', 'limit', 'limit_remaining', 'limit_reset', 'include_byok_in_limit', 'usage',
  'usage_daily', 'usage_weekly', 'usage_monthly', 'byok_usage', 'byok_usage_daily', 'byok_usage_weekly',
  'byok_usage_monthly', 'created_at', 'updated_at', 'expires_at', 'creator_user_id', 'workspace_id', 'external_user'
]

t.test('86: POST /keys answers 201 with the key, once; its hash is the SHA-256, and no later answer has it', async (t) => {
  const { call, home, ask, log } = await keyApi(t)
  for (const base of ['/v1', '/api/v1']) {
    const made = await call('POST', `${base}/keys`, { name: 'build agent' })
    t.equal(made.status, 201)
    t.equal(made.headers.get('content-type'), 'application/json; charset=utf-8')
    t.equal(made.headers.get('cache-control'), 'no-store')
    const { data, key } = made.body
    t.same(MEMBERS.filter((name) => !(name in data)), [])
    t.equal(data.hash, createHash('sha256').update(key).digest('hex'))
    t.match(data, {
      name: 'build agent',
      disabled: false,
      limit: null,
      limit_remaining: null,
      limit_reset: null,
      usage: 0,
      created_at: new Date(WEDNESDAY_MS).toISOString(),
      updated_at: null,
      expires_at: null,
      creator_user_id: null,
      external_user: null,
      workspace_id: /^[0-9a-f-]{36}$/
    })
    t.ok(key.startsWith(data.label.replace('...', '')) && data.label.length < 20, 'the label is masked')
    t.equal((await ask(key)).status, 200)

    const seen = [await call('GET', `${base}/keys`), await call('GET', `${base}/keys/${data.hash}`)]
    t.same(seen.map(({ status }) => status), [200, 200])
    for (const { text } of seen) t.notMatch(text, key.slice(12, 40))
    t.notMatch(log(), key.slice(12, 40))
    for (const name of readdirSync(home)) {
      const path = join(home, name)
      if (name.includes('.db')) t.notOk(readFileSync(path).includes(key.slice(12, 40)), name)
    }
  }
})

t.test('86: only who administers may: an ordinary key hears that management keys do, and no key is a 401', async (t) => {
  const { call, make, manager } = await keyApi(t)
  const { token, hash } = await make()
  const doors = [['GET', '/v1/keys'], ['POST', '/v1/keys'], ['GET', `/v1/keys/${hash}`], ['PATCH', `/v1/keys/${hash}`],
    ['DELETE', `/v1/keys/${hash}`]] as const
  for (const [method, path] of doors) {
    const body = method === 'POST' || method === 'PATCH' ? { name: 'x' } : undefined
    const refused = await call(method, path, body, token)
    t.equal(refused.status, 403)
    t.match(refused.body.error, {
      code: 403,
      message: /Only management keys can perform this operation/,
      metadata: { error_type: 'permission_denied', reason: 'management_only' }
    })
    t.equal((await call(method, path, body, 'sk-nobody')).status, 401)
  }
  const answers = await Promise.all(doors.map(([method, path]) =>
    call(method, path, method === 'POST' || method === 'PATCH' ? { name: 'x' } : undefined, manager())))
  t.same(answers.map(({ status }) => status).filter((status) => status >= 400 && status !== 404), [])
})

t.test('86: a management key administers and is refused on inference, with a 403 that says so', async (t) => {
  const { call, ask, manager, make, url } = await keyApi(t)
  const { token } = await make()
  await ask(token)
  const key = manager()
  for (const path of ['/chat/completions', '/embeddings', '/chat/completions?dry_run=1']) {
    const refused = await ask(key, path)
    t.equal(refused.status, 403)
    t.match(refused.json().error, { message: /management key.*refused on inference/, metadata: { reason: 'management_key' } })
  }
  t.match((await call('GET', '/v1/key', undefined, key)).body.data, {
    is_management_key: true, is_provisioning_key: true, usage: COST
  })
  t.match((await call('GET', '/v1/key', undefined, token)).body.data, { is_management_key: false })
  t.equal((await call('GET', '/v1/billing/usage', undefined, key)).body.totals.requests, 1, 'it reads all books')
  t.equal((await call('GET', '/v1/models', undefined, key)).status, 200)
  t.equal((await post(`${url}/explain`, ASK, { authorization: `Bearer ${key}` })).status, 200)
  const { data } = (await call('GET', '/v1/keys', undefined, key)).body
  t.equal(data.length, 1, 'management keys are not among the keys: one that is stolen cannot shut out the others')
  const own = createHash('sha256').update(key).digest('hex')
  t.equal((await call('DELETE', `/v1/keys/${own}`, undefined, key)).status, 404)
})

t.test('87: a key that is disabled is a 401 on the next request, and works again when it is enabled', async (t) => {
  const { call, make, ask } = await keyApi(t)
  const { hash, token } = await make()
  t.equal((await ask(token)).status, 200)
  const off = await call('PATCH', `/v1/keys/${hash}`, { disabled: true, name: 'sleeping' })
  t.equal(off.status, 200)
  t.match(off.body.data, { disabled: true, name: 'sleeping', updated_at: new Date(WEDNESDAY_MS).toISOString() })
  const refused = await ask(token)
  t.equal(refused.status, 401)
  t.equal(refused.json().error.metadata.error_type, 'authentication')
  t.same((await call('GET', '/v1/keys')).body.data, [], 'disabled keys are listed only when asked for')
  t.equal((await call('GET', '/v1/keys?include_disabled=true')).body.data.length, 1)
  await call('PATCH', `/v1/keys/${hash}`, { disabled: false })
  t.equal((await ask(token)).status, 200)
})

t.test('87: a deleted key is a 401 and gone from the list; what it used stays, and so does its row', async (t) => {
  const { call, make, ask, gateway } = await keyApi(t)
  const { hash, token, data: { x_aibroker: { id } } } = await make({ limit: 1 })
  await ask(token)
  const gone = await call('DELETE', `/v1/keys/${hash}`)
  t.equal(gone.status, 200)
  t.same(gone.body, { deleted: true })
  t.equal((await ask(token)).status, 401)
  t.equal((await call('GET', `/v1/keys/${hash}`)).status, 404)
  t.equal((await call('PATCH', `/v1/keys/${hash}`, { disabled: false })).status, 404)
  t.same((await call('GET', '/v1/keys?include_disabled=true')).body.data, [])
  t.same((await call('DELETE', `/v1/keys/${hash}`)).body, { deleted: true }, 'once more is no mistake')
  const { data } = (await call('GET', '/v1/billing/usage?by=key')).body
  t.match(data, [{ key: id, cost_usd: '0.000015000' }])
  t.ok(gateway.keys.list().some((key) => key.id === id && key.revokedAtMs !== undefined))
})

t.test('88: a key that has used up its limit is a 402, and at UTC midnight it may go on', async (t) => {
  const { call, make, ask, to } = await keyApi(t)
  // A few requests: each needs its bound to fit, and costs far less.
  const { hash, token } = await make({ limit: 0.002, limit_reset: 'daily' })
  const shown = async () => (await call('GET', `/v1/keys/${hash}`)).body.data
  t.match(await shown(), { limit: 0.002, limit_remaining: 0.002, limit_reset: 'daily' })
  let used = 0
  while ((await ask(token)).status === 200) used++
  t.ok(used > 0)
  const left = 2_000_000 - used * 15_000
  t.match(await shown(), { limit_remaining: left / 1e9, usage: used * 15_000 / 1e9, usage_daily: used * 15_000 / 1e9 })
  const refused = await ask(token)
  t.equal(refused.status, 402)
  t.match(refused.json().error, { code: 402, metadata: { error_type: 'payment_required', reason: 'budget_exceeded' } })
  t.match((await call('GET', '/v1/key', undefined, token)).body.data, { limit: 0.002, limit_reset: 'daily' })

  to(WEDNESDAY_MS + DAY_MS / 2 - 1)
  t.equal((await ask(token)).status, 402, 'a millisecond before midnight')
  to(WEDNESDAY_MS + DAY_MS / 2)
  t.match(await shown(), { limit_remaining: 0.002, usage_daily: 0, usage: used * 15_000 / 1e9 })
  t.equal((await ask(token)).status, 200)
})

const WINDOWS = [
  ['weekly', Date.UTC(2026, 10, 23)],
  ['monthly', Date.UTC(2026, 11, 1)]
] as const

for (const [reset, atMs] of WINDOWS) {
  t.test(`88: a ${reset} limit is whole again at ${new Date(atMs).toISOString()}, and not before`, async (t) => {
    const { make, ask, to } = await keyApi(t)
    const { token } = await make({ limit: 0.002, limit_reset: reset })
    while ((await ask(token)).status === 200) { /* until it is used up */ }
    to(atMs - 1)
    t.equal((await ask(token)).status, 402)
    to(atMs)
    t.equal((await ask(token)).status, 200)
  })
}

t.test('88: a limit without a reset never comes back, and a raised one counts at once', async (t) => {
  const { call, make, ask, to } = await keyApi(t)
  const { hash, token } = await make({ limit: 0.002, limit_reset: null })
  while ((await ask(token)).status === 200) { /* until it is used up */ }
  to(WEDNESDAY_MS + 400 * DAY_MS)
  t.equal((await ask(token)).status, 402)
  const raised = await call('PATCH', `/v1/keys/${hash}`, { limit: 1 })
  t.match(raised.body.data, { limit: 1, limit_reset: null })
  t.ok(raised.body.data.limit_remaining < 1, 'what was spent stays spent')
  t.equal((await ask(token)).status, 200)
  await call('PATCH', `/v1/keys/${hash}`, { limit: 0 })
  t.equal((await ask(token)).status, 402)
  const free = await call('PATCH', `/v1/keys/${hash}`, { limit: null })
  t.match(free.body.data, { limit: null, limit_remaining: null, limit_reset: null })
  t.equal((await ask(token)).status, 200)
})

t.test('88: a key that has expired is a 401, by the wall clock, and can be given more time', async (t) => {
  const { call, make, ask, to } = await keyApi(t)
  const { hash, token, data } = await make({ expires_at: '2026-11-18T13:00:00+00:00' })
  t.equal(data.expires_at, '2026-11-18T13:00:00.000Z')
  t.equal((await ask(token)).status, 200)
  to(WEDNESDAY_MS + 3_600_000)
  t.equal((await ask(token)).status, 401)
  t.equal((await call('GET', '/v1/keys')).body.data.length, 1, 'it is there, and says when it expired')
  await call('PATCH', `/v1/keys/${hash}`, { expires_at: null })
  t.equal((await ask(token)).status, 200)
})

t.test('where no key is needed a program of this machine makes the first key, and then needs one', async (t) => {
  const { call, ask } = await keyApi(t, { isKeyless: true })
  t.equal((await ask('')).status, 200)
  t.same((await call('GET', '/v1/keys', undefined, '')).body, { data: [] })
  const { status, body } = await call('POST', '/v1/keys', { name: 'first' }, '')
  t.equal(status, 201)
  t.equal((await ask('')).status, 401)
  t.equal((await ask(body.key)).status, 200)
  t.equal((await call('GET', '/v1/keys', undefined, body.key)).status, 403, 'the key it made is an ordinary one')
})

t.test('a web page that was let in is no program of this machine: without a key it makes none', async (t) => {
  const page = 'http://localhost:5173'
  const { origin } = await keyApi(t, { isKeyless: true, env: { AIBROKER_ALLOWED_ORIGINS: page } })
  const refused = await fetch(`${origin}/v1/keys`, {
    method: 'POST', headers: { origin: page, 'content-type': 'application/json' }, body: '{"name":"x"}'
  })
  t.equal(refused.status, 403)
  t.match(await refused.json(), { error: { metadata: { reason: 'management_only' } } })
})
