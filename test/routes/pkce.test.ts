// Check 92: an app gets a key of its own by a code (PKCE).

import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { gateway, post } from '../helper.ts'
import { chatJson, provider } from '../upstreams.ts'

const OPERATOR = 'sk-the-operator-0123456789'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' // of RFC 7636, appendix B
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const APP = 'https://app.example'
const S256 = { callback_url: `${APP}/callback?x=1`, code_challenge: CHALLENGE, code_challenge_method: 'S256' }
const MINUTE_MS = 60_000

async function broker (t: Test, env: Record<string, string> = { AIBROKER_API_KEYS: OPERATOR }) {
  const upstream = await provider(t, chatJson())
  let passedMs = 0
  const clock = {
    ...systemClock, nowMs: () => systemClock.nowMs() + passedMs, monotonicMs: () => systemClock.monotonicMs() + passedMs
  }
  const opened = await gateway(t, { models: { m: [{ url: upstream.url }] }, env, clock })
  const send = (path: string, body: object, headers: Record<string, string>) => post(`${opened.url}${path}`, body, headers)
  return {
    ...opened,
    pass: (ms: number) => { passedMs += ms },
    make: async (wish: object = S256, headers: Record<string, string> = { authorization: `Bearer ${OPERATOR}` }) => {
      const reply = await send('/auth/keys/code', wish, headers)
      return { status: reply.status, headers: reply.headers, body: reply.json(), code: reply.json().data?.id as string }
    },
    exchange: async (body: object, headers: Record<string, string> = {}) => {
      const reply = await send('/auth/keys', body, headers)
      return { status: reply.status, headers: reply.headers, body: reply.json(), key: reply.json().key as string }
    },
    ask: (key: string, headers: Record<string, string> = {}) =>
      send('/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }, { authorization: `Bearer ${key}`, ...headers })
  }
}

t.test('92: a code and its verifier are exchanged for a key that works, once', async (t) => {
  const { make, exchange, ask, log } = await broker(t)
  const made = await make()
  t.same([made.status, made.headers.get('cache-control')], [200, 'no-store'])
  t.match(made.body, { data: { id: /^auth_code_[\w-]{43}$/, app_id: Number, created_at: /Z$/ } })
  const { status, body, key } = await exchange({ code: made.code, code_verifier: VERIFIER, code_challenge_method: 'S256' })
  t.same([status, body], [200, { key, user_id: null }])
  t.equal((await ask(key)).status, 200)

  const again = await exchange({ code: made.code, code_verifier: VERIFIER })
  t.match([again.status, again.body], [403, { error: { code: 403, metadata: { reason: 'invalid_code' } } }])
  for (const secret of [key, made.code, VERIFIER]) t.notMatch(log(), secret)
})

t.test('92: plain challenges, and codes without one', async (t) => {
  const { make, exchange } = await broker(t)
  for (const method of ['plain', undefined]) {
    const wish = { callback_url: 'http://localhost:3000/', code_challenge: VERIFIER, code_challenge_method: method }
    t.equal((await exchange({ code: (await make(wish)).code, code_verifier: VERIFIER })).status, 200)
    t.equal((await exchange({ code: (await make(wish)).code, code_verifier: CHALLENGE })).status, 403)
  }
  const bare = { callback_url: 'http://127.0.0.1:8080/x' }
  t.equal((await exchange({ code: (await make(bare)).code })).status, 200)
  t.equal((await exchange({ code: (await make(bare)).code, code_verifier: VERIFIER })).status, 403, 'RFC 9700, 2.1.1')
})

t.test('92: a wrong verifier, none, and a code nobody made are one 403; and a try uses a code up', async (t) => {
  const { make, exchange } = await broker(t)
  for (const verifier of [`${VERIFIER}x`, 'x', CHALLENGE, undefined]) {
    const { code } = await make()
    t.equal((await exchange({ code, code_verifier: verifier })).status, 403, String(verifier))
    t.equal((await exchange({ code, code_verifier: VERIFIER })).status, 403, 'used up')
  }
  const unknown = await exchange({ code: `auth_code_${VERIFIER}`, code_verifier: VERIFIER })
  t.match([unknown.status, unknown.body.error.metadata.reason], [403, 'invalid_code'])
})

t.test('92: eleven minutes later it is a 403, nine minutes later a key', async (t) => {
  const { make, exchange, pass } = await broker(t)
  const early = await make()
  pass(9 * MINUTE_MS)
  const late = await make()
  t.equal((await exchange({ code: early.code, code_verifier: VERIFIER })).status, 200)
  pass(11 * MINUTE_MS)
  t.equal((await exchange({ code: late.code, code_verifier: VERIFIER })).status, 403)
})

t.test('92: another method of HTTP is a 405, another of the challenge a 400 that leaves the code', async (t) => {
  const { make, exchange, url } = await broker(t)
  for (const path of ['/auth/keys', '/auth/keys/code']) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const headers = { authorization: `Bearer ${OPERATOR}` }
      t.equal((await fetch(`${url}${path}`, { method, headers })).status, 405, `${method} ${path}`)
    }
  }
  const { code } = await make()
  for (const method of ['plain', 'S512']) {
    const { status, body } = await exchange({ code, code_verifier: VERIFIER, code_challenge_method: method })
    t.match([status, body.error.param], [400, 'code_challenge_method'])
  }
  t.equal((await exchange({ code, code_verifier: VERIFIER })).status, 200)
})

t.test('92: the key is as its code was asked for, and is granted to the origin of its app', async (t) => {
  const { make, exchange, ask, url, gateway: { keys } } = await broker(t)
  const wish = { ...S256, limit: 0.5, usage_limit_type: 'weekly', expires_at: '2099-01-01T00:00:00Z', key_label: ' My app ' }
  const { key } = await exchange({ code: (await make(wish)).code, code_verifier: VERIFIER })
  const hash = createHash('sha256').update(key).digest('hex')
  const response = await fetch(`${url}/keys/${hash}`, { headers: { authorization: `Bearer ${OPERATOR}` } })
  t.match(await response.json(), {
    data: { name: 'My app', limit: 0.5, limit_reset: 'weekly', expires_at: '2099-01-01T00:00:00.000Z' }
  })
  t.same(keys.check(key)?.origins, [APP])
  t.equal((await ask(key, { origin: APP })).status, 200)
  t.equal((await ask(key, { origin: 'https://other.example' })).status, 403)
  t.equal((await make({ ...S256, name: 'x', disabled: true })).status, 200)
})

t.test('92: only who administers makes codes: no page, no client key, nobody without a key', async (t) => {
  const { make, exchange, gateway: { keys } } = await broker(t)
  const { token } = keys.create({ origins: [APP] })
  const { token: manager } = keys.create({ isManagement: true })
  t.equal((await make(S256, {})).status, 401)
  t.equal((await make(S256, { authorization: `Bearer ${token}` })).status, 403)
  t.equal((await make(S256, { authorization: `Bearer ${token}`, origin: APP })).status, 403)
  t.equal((await make(S256, { authorization: `Bearer ${manager}` })).status, 200)
  const keyless = await broker(t, {})
  const pages: ReadonlyArray<Record<string, string>> =
    [{ origin: APP }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'content-type': 'text/plain' }]
  for (const headers of pages) {
    t.ok([403, 415].includes((await keyless.make(S256, headers)).status), JSON.stringify(headers))
  }
  const allowed = await broker(t, { AIBROKER_ALLOWED_ORIGINS: APP })
  t.equal((await allowed.make(S256, { origin: APP })).status, 403, 'a page that was let in without a key')
  const { code } = await make()
  t.equal((await exchange({ code, code_verifier: VERIFIER }, { origin: 'https://evil.example' })).status, 403)
  t.equal((await exchange({ code, code_verifier: VERIFIER })).status, 200, 'a page that was not let in uses no code up')
})

t.test('92: what a code cannot be made of is a 400 that names it', async (t) => {
  const { make, exchange } = await broker(t)
  const wrong: ReadonlyArray<readonly [string, object]> = [
    ...[
      undefined, 7, 'x', 'javascript:alert(1)', 'http://app.example/', 'http://localhost.evil.example/', 'ftp://localhost/',
      'https://me:secret@app.example/', 'https://app.example/#part', `https://app.example/${'x'.repeat(2_048)}`
    ].map((url) => ['callback_url', { ...S256, callback_url: url }] as const),
    ['code_challenge', { ...S256, code_challenge: 'short' }], ['code_challenge', { ...S256, code_challenge: undefined }],
    ['code_challenge', { ...S256, code_challenge: 'x', code_challenge_method: 'plain' }],
    ['code_challenge_method', { ...S256, code_challenge_method: 'S512' }],
    ['limit', { ...S256, limit: -1 }], ['usage_limit_type', { ...S256, usage_limit_type: 'daily' }],
    ['usage_limit_type', { ...S256, limit: 1, usage_limit_type: 'yearly' }], ['key_label', { ...S256, key_label: 'x'.repeat(101) }],
    ['expires_at', { ...S256, expires_at: '2001-01-01T00:00:00Z' }], ['workspace_id', { ...S256, workspace_id: 'x' }]
  ]
  for (const [param, wish] of wrong) {
    const { status, body } = await make(wish)
    t.match([status, body.error?.param], [400, param], JSON.stringify(wish).slice(0, 200))
  }
  t.match((await exchange({})).body.error, { code: 400, param: 'code' })
})

t.test('92: a thousand codes may wait, and no more', async (t) => {
  const { make, gateway: { authCodes }, pass } = await broker(t)
  const wish = { key: { name: 'x' } as never, challenge: undefined }
  for (let count = 0; count < 1_000; count++) authCodes.make(wish)
  t.match((await make()).body.error, { code: 409, metadata: { reason: 'too_many_codes' } })
  pass(10 * MINUTE_MS)
  t.equal((await make()).status, 200)
})
