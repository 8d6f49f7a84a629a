import t from 'tap'
import { connect } from 'node:net'
import { once } from 'node:events'
import { manualClock } from '../keys/manual-clock.ts'
import { keyStore } from '../keys/store.ts'
import { raw, request, serve, socketPath } from './served.ts'

const OPERATOR = 'operator-secret-0123456789'

t.test('on loopback without keys anybody local may call, and whatever key an SDK sends is ignored', async (t) => {
  const { url, reached } = await serve(t)
  for (const authorization of [undefined, 'Bearer sk-anything', 'Basic dTpw', 'nonsense', 'Bearer ']) {
    const answer = await fetch(`${url}/v1/models`, { headers: authorization === undefined ? {} : { authorization } })
    t.equal(answer.status, 200, String(authorization))
  }
  t.match(reached, Array(5).fill({ principal: { kind: 'address', keyId: undefined, ip: '127.0.0.1' } }))
})

t.test('as soon as one key exists, a key is required: none is 401, an unknown one too, the right one comes in', async (t) => {
  const { url, keys, reached } = await serve(t)
  const { token, record } = keys.create({ name: 'laptop', rpm: 5, maxInFlight: 2, budget: 7n, models: ['gpt-5'], providers: ['openai'] })

  const none = await fetch(`${url}/v1/models`)
  t.equal(none.status, 401)
  t.equal(none.headers.get('www-authenticate'), 'Bearer')
  t.match(await none.json(), { error: { code: 401, message: /No auth credentials found/, metadata: { reason: 'no_key' } } })
  const unknown = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer ab_unknown' } })
  t.match(await unknown.json(), { error: { code: 401, message: /User not found\./, metadata: { reason: 'unknown_key' } } })

  t.equal((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status, 200)
  t.same(reached.map(({ principal }) => principal), [{
    kind: 'key',
    keyId: record.id,
    keyName: 'laptop',
    ip: '127.0.0.1',
    rpm: 5,
    maxInFlight: 2,
    budget: 7n,
    models: ['gpt-5'],
    providers: ['openai'],
    isManagement: false
  }])
})

t.test('a key comes as Bearer in any case, or as x-api-key; never in the query', async (t) => {
  const { url, reached } = await serve(t, { operatorKeys: [OPERATOR] })
  const status = async (headers: Record<string, string>, path = '/v1/models') => (await fetch(url + path, { headers })).status
  t.equal(await status({ authorization: `Bearer ${OPERATOR}` }), 200)
  t.equal(await status({ authorization: `bearer  ${OPERATOR}` }), 200)
  t.equal(await status({ 'x-api-key': OPERATOR }), 200)
  t.equal(await status({ authorization: `Basic ${OPERATOR}`, 'x-api-key': OPERATOR }), 200)
  t.equal(reached.length, 4)

  t.equal(await status({ authorization: OPERATOR }), 401, 'without a scheme')
  t.equal(await status({ authorization: `Basic ${OPERATOR}` }), 401)
  for (const query of ['key', 'api_key', 'access_token', 'token']) {
    t.equal(await status({}, `/v1/models?${query}=${OPERATOR}`), 401, query)
  }
  t.equal(await status({ cookie: `key=${OPERATOR}` }), 401)
  t.equal(reached.length, 4)
})

t.test('a wrong, a revoked and an expired key get the same bytes', async (t) => {
  const { port, keys, clock, reached } = await serve(t, { operatorKeys: [OPERATOR] })
  const revoked = keys.create({})
  keys.revoke(revoked.record.id)
  const expired = keys.create({ expiresAtMs: clock.nowMs() + 1_000 })
  clock.pass(2_000)
  const wrong = revoked.token.replace(/.$/, 'x')
  const bodies = []
  for (const token of [wrong, revoked.token, expired.token, 'sk-other']) {
    const { status, body } = await raw(port, request('GET /v1/models', ['Host: localhost', `Authorization: Bearer ${token}`]))
    t.equal(status, 401)
    bodies.push(body.replace(/"request_id":"[^"]+"/, ''))
  }
  t.equal(new Set(bodies).size, 1)
  t.same(reached, [])
})

t.test('bent keys are refused, and never with a 5xx', async (t) => {
  const { port, keys, reached } = await serve(t)
  const { token } = keys.create({})
  const bent = [
    ...Array.from({ length: token.length }, (_, length) => token.slice(0, length)),
    token.toUpperCase(), token.toLowerCase(), `${token}x`, `${token} x`, `x ${token}`, `"${token}"`, `${token},${token}`,
    `Bearer ${token}`, "' OR '1'='1", "'; DROP TABLE client_keys;--", '{"$ne":null}', '%00', '../../etc/passwd', '\u00e9'.repeat(64),
    'null', 'undefined', '__proto__', 'constructor'
  ].filter((text) => text !== token)
  for (const text of bent) {
    const { status } = await raw(port, request('GET /v1/models', ['Host: localhost', `Authorization: Bearer ${text}`]))
    t.ok([401, 429].includes(status), `${JSON.stringify(text)}: ${status}`)
  }
  t.same(reached, [])
  t.equal((await raw(port, request('GET /v1/models', ['Host: localhost', `Authorization: Bearer ${token}`]))).status, 200)
})

t.test('a key of a megabyte is refused before it is anybody\'s', async (t) => {
  const { port, reached } = await serve(t, { operatorKeys: [OPERATOR] })
  const { status } = await raw(port, request('GET /v1/models', ['Host: localhost', `Authorization: Bearer ${'a'.repeat(1_048_576)}`]))
  t.equal(status, 431)
  const fits = await raw(port, request('GET /v1/models', ['Host: localhost', `Authorization: Bearer ${'a'.repeat(12_000)}`]))
  t.equal(fits.status, 401)
  t.same(reached, [])
})

t.test('two keys in one request are refused, even twice the right one', async (t) => {
  const { port, reached } = await serve(t, { operatorKeys: [OPERATOR] })
  for (const name of ['Authorization: Bearer ', 'x-api-key: ']) {
    const headers = ['Host: localhost', name + OPERATOR, name.toLowerCase() + OPERATOR]
    const { status, body } = await raw(port, request('GET /v1/models', headers))
    t.equal(status, 400, name)
    t.match(JSON.parse(body), { error: { message: /is there twice/ } })
  }
  t.same(reached, [])
})

t.test('health is served without a key, to local names only', async (t) => {
  const { port, reached } = await serve(t, { operatorKeys: [OPERATOR] })
  t.equal((await raw(port, request('GET /health', ['Host: localhost']))).status, 200)
  t.equal((await raw(port, request('GET /health', ['Host: evil.example']))).status, 403)
  t.equal(reached.length, 1)
})

t.test('paths that look like an open one need a key', async (t) => {
  const { port, reached } = await serve(t, { operatorKeys: [OPERATOR] })
  for (const path of [
    '/v1/models?/health', '/v1/models#/health', '/health/../v1/models', '/health/..%2fv1/models', '/health;/v1/models',
    '//health', '/health%2f', '/HEALTH', '/v1/models/..%2f..%2fhealth', '/v1//models', '/v1/models%3f/health'
  ]) {
    const { status } = await raw(port, request(`GET ${path}`, ['Host: localhost']))
    t.equal(status, 401, path)
  }
  t.same(reached, [])
})

t.test('bound to a public address a key is required although none exists; --open and sockets are the exceptions', async (t) => {
  const isRefused = async (settings: object) => (await fetch(`${(await serve(t, { settings })).url}/v1/models`)).status === 401
  t.equal(await isRefused({ host: '0.0.0.0' }), true)
  t.equal(await isRefused({ host: 'broker.lan' }), true)
  t.equal(await isRefused({ host: '0.0.0.0', isOpen: true }), false)
  t.equal(await isRefused({ host: '127.0.0.1' }), false)

  const socket = socketPath(t)
  await serve(t, { settings: { host: '0.0.0.0' }, socket })
  t.equal((await raw(socket, request('GET /v1/models', ['Host: localhost']))).status, 200)
})

t.test('--open lets nobody in without a key once one exists', async (t) => {
  const { url } = await serve(t, { settings: { host: '0.0.0.0', isOpen: true }, operatorKeys: [OPERATOR] })
  t.equal((await fetch(`${url}/v1/models`)).status, 401)
})

t.test('a Unix socket asks for a key as loopback does: once one exists', async (t) => {
  const socket = socketPath(t)
  const { reached } = await serve(t, { socket, operatorKeys: [OPERATOR] })
  t.equal((await raw(socket, request('GET /v1/models', ['Host: localhost']))).status, 401)
  t.equal((await raw(socket, request('GET /v1/models', ['Host: localhost', `Authorization: Bearer ${OPERATOR}`]))).status, 200)
  t.match(reached, [{ principal: { kind: 'key', keyId: 'operator#0', ip: 'unix' } }])
})

t.test('who tries keys is slowed down after 60 a minute; a right key is let in all the same', async (t) => {
  const { url, clock } = await serve(t, { operatorKeys: [OPERATOR] })
  const call = (token: string) => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })
  for (let guess = 0; guess < 60; guess++) t.equal((await call(`guess-${guess}`)).status, 401)

  clock.pass(15_500)
  const refused = await call('guess-60')
  t.equal(refused.status, 429)
  t.equal(refused.headers.get('retry-after'), '45')
  t.match(await refused.json(), { error: { code: 429, type: 'rate_limit_error', metadata: { reason: 'rate_limited' } } })
  t.equal((await call(OPERATOR)).status, 200)
  clock.pass(44_500)
  t.equal((await call('guess-61')).status, 401)
})

t.test('wrong keys are counted for their own address', async (t) => {
  const { port } = await serve(t, { operatorKeys: [OPERATOR] })
  const guess = (from: string) => raw(port, request('GET /v1/models', ['Host: localhost', 'Authorization: Bearer guess']), from)
  for (let count = 0; count < 60; count++) await guess('127.0.0.2')
  t.equal((await guess('127.0.0.2')).status, 429)
  t.equal((await guess('127.0.0.3')).status, 401)
})

t.test('X-Forwarded-For names the client only when the peer is a trusted proxy', async (t) => {
  const headers = { 'x-forwarded-for': '198.51.100.9, 203.0.113.7' }
  const trusting = await serve(t, { settings: { trustProxy: ['127.0.0.0/8'] } })
  await fetch(`${trusting.url}/v1/models`, { headers })
  await raw(trusting.port, request('GET /v1/models', ['Host: localhost', 'X-Forwarded-For: 203.0.113.7', 'X-Forwarded-For: 127.0.0.9']))
  t.same(trusting.reached.map(({ principal }) => principal.ip), ['203.0.113.7', '203.0.113.7'])

  const plain = await serve(t)
  await fetch(`${plain.url}/v1/models`, { headers: { ...headers, 'x-real-ip': '1.2.3.4', forwarded: 'for=1.2.3.4' } })
  t.same(plain.reached.map(({ principal }) => principal.ip), ['127.0.0.1'])
})

t.test('X-Forwarded-Host does not change which host was asked', async (t) => {
  const { port, reached } = await serve(t, { settings: { trustProxy: ['127.0.0.1'] } })
  t.equal((await raw(port, request('GET /v1/models', ['Host: evil.example', 'X-Forwarded-Host: localhost']))).status, 403)
  t.same(reached, [])
})

t.test('a page of an allowed origin gets its preflight, its answer and its errors; never a wildcard', async (t) => {
  const { url, port } = await serve(t, { settings: { allowedOrigins: ['https://app.example'] }, operatorKeys: [OPERATOR] })
  const preflight = await raw(port, request('OPTIONS /v1/chat/completions', [
    'Host: localhost', 'Origin: https://app.example', 'Sec-Fetch-Site: cross-site', 'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: authorization,content-type,x-stainless-os', 'Access-Control-Request-Private-Network: true'
  ]))
  t.equal(preflight.status, 204)
  t.match(preflight.headers, {
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-methods': /\bPOST\b/,
    'access-control-allow-headers': 'authorization,content-type,x-stainless-os',
    'access-control-allow-private-network': 'true',
    vary: 'origin'
  })
  t.equal(preflight.headers['access-control-allow-credentials'], undefined)

  const origin = { origin: 'https://app.example' }
  const good = await fetch(`${url}/v1/models`, { headers: { ...origin, authorization: `Bearer ${OPERATOR}` } })
  const bad = await fetch(`${url}/v1/models`, { headers: origin })
  t.same([good.status, bad.status], [200, 401])
  for (const answer of [good, bad]) {
    t.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example')
    t.match(answer.headers.get('access-control-expose-headers'), /X-Generation-Id.*Retry-After/)
  }
})

t.test('an origin granted on a key gets its preflight too, which cannot carry the key', async (t) => {
  const { port, keys } = await serve(t)
  const { record } = keys.create({ origins: ['https://granted.example'] })
  const preflight = () => raw(port, request('OPTIONS /v1/chat/completions', [
    'Host: localhost', 'Origin: https://granted.example', 'Access-Control-Request-Method: POST'
  ]))
  t.equal((await preflight()).status, 204)
  keys.revoke(record.id)
  t.equal((await preflight()).status, 403)
})

t.test('an answer written past Fastify still carries its CORS headers', async (t) => {
  const { url } = await serve(t, {
    settings: { allowedOrigins: ['https://app.example'] },
    onChat: (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, ['content-type', 'text/event-stream'])
      reply.raw.end('data: [DONE]\n\n')
    }
  })
  const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { origin: 'https://app.example' } })
  t.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example')
  t.equal(answer.headers.get('content-type'), 'text/event-stream')
})

t.test('a client that left before its address was read is not taken for a Unix socket', async (t) => {
  const { app, reached } = await serve(t)
  // Node forgets the address of a TCP socket once it is destroyed; the request may still be on its way to the hooks.
  app.server.prependListener('request', ({ socket }) => { socket.destroy() })
  const { port } = app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(request('GET /v1/models', ['Host: evil.example']))
  await once(socket, 'close')
  t.same(reached, [])
})

t.test('settings that would open the door are refused at start', async (t) => {
  await t.rejects(serve(t, { settings: { allowedOrigins: ['*'] } }), /AIBROKER_ALLOWED_ORIGINS/)
  await t.rejects(serve(t, { settings: { trustProxy: ['everybody'] } }), /AIBROKER_TRUST_PROXY/)
})

t.test('a key store that cannot be read answers 500 and lets nobody in', async (t) => {
  const keys = keyStore(t, [], manualClock())
  keys.create({})
  const broken = new Proxy(keys, {
    get: (target, name) => name === 'check' ? () => { throw new Error('disk I/O error') } : Reflect.get(target, name).bind(target)
  })
  const { url, reached, logLines } = await serve(t, { keys: broken })
  const answer = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer ab_x' } })
  t.equal(answer.status, 500)
  t.notMatch(await answer.text(), /disk/)
  t.match(logLines.join(''), /disk I\/O error/)
  t.same(reached, [])
})
