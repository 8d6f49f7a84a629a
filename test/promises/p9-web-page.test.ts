// P9: a web page cannot spend your keys. Whatever a page (or a name it rebinds) can make a browser send, no route is
// reached: the count of requests that got there is what is asserted, not only the status.

import t from 'tap'
import { raw, request, serve, socketPath } from '../plugins/served.ts'

const PAGE = 'https://evil.example'
const CHAT = '{"model":"gpt-5","messages":[{"role":"user","content":"hi"}]}'

const REBOUND_HOSTS = [
  'evil.example', 'evil.example:8791', '127.0.0.1.evil.example', '127.0.0.1.nip.io:8791', 'localhost.evil.example',
  'localtest.me', 'localhost.', 'LOCALHOST.', '127.0.0.1.', 'app.localhost', 'APP.LOCALHOST:8791', 'localhost.localdomain',
  '127.1', '0x7f000001', '2130706433', '017700000001', '0.0.0.0:8791', '[::]:8791', '192.168.1.4', '[fe80::1]',
  '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:0:0:2]', '[::1', '::1', '[::1]x', '[::1].evil.example',
  'user@127.0.0.1', 'evil.example@127.0.0.1', '127.0.0.1@evil.example', 'user:pass@localhost:8791',
  '127.0.0.1/evil', '127.0.0.1?evil', '127.0.0.1#evil', '127.0.0.1\\evil', '127.0.0.1,evil.example', '127.0.0.1 evil.example',
  'localhost:', 'localhost:0x50', 'localhost:99999', 'localhost:80:80', 'localhost%00.evil.example', '', '*', 'null'
]

t.test('P9 a host that is not ours reaches no route, whatever the method and path', async (t) => {
  const { port, reached } = await serve(t)
  for (const host of REBOUND_HOSTS) {
    const chat = await raw(port, request('POST /v1/chat/completions', [`Host: ${host}`, 'Content-Type: application/json'], CHAT))
    t.ok([400, 403].includes(chat.status), `POST ${JSON.stringify(host)}: ${chat.status}`)
    for (const path of ['/v1/models', '/health', '/nowhere']) {
      const { status } = await raw(port, request(`GET ${path}`, [`Host: ${host}`]))
      t.ok([400, 403].includes(status), `${path} ${JSON.stringify(host)}: ${status}`)
    }
  }
  t.same(reached, [])
})

t.test('P9 our own names are served, so that the guard is not just a wall', async (t) => {
  const { port, reached } = await serve(t)
  for (const host of ['127.0.0.1', 'localhost', 'LocalHost:8791', `127.0.0.1:${port}`, '127.9.9.9', '[::1]:8791', '[0:0:0:0:0:0:0:1]']) {
    t.equal((await raw(port, request('GET /v1/models', [`Host: ${host}`]))).status, 200, host)
  }
  t.equal(reached.length, 7)
})

t.test('P9 two hosts, no host, or a second host in the target reach no route', async (t) => {
  const { port, reached } = await serve(t)
  for (const [line, headers] of [
    ['GET /v1/models', ['Host: localhost', 'Host: evil.example']],
    ['GET /v1/models', ['Host: evil.example', 'Host: localhost']],
    ['GET /v1/models', ['Host: localhost', 'hOsT: localhost']],
    ['GET /v1/models', []],
    ['GET http://evil.example/v1/models', ['Host: localhost']],
    ['GET http://localhost/v1/models', ['Host: evil.example']],
    ['GET http://localhost@evil.example/v1/models', ['Host: localhost']],
    ['GET evil.example/v1/models', ['Host: localhost']],
    ['OPTIONS *', ['Host: localhost']]
  ] as const) {
    const { status } = await raw(port, request(line, headers))
    t.ok([400, 403].includes(status), `${line} ${headers.join(' + ')}: ${status}`)
  }
  t.equal((await raw(port, 'GET /v1/models HTTP/1.0\r\n\r\n')).status, 403, 'HTTP/1.0 without a host')
  t.same(reached, [])
})

t.test('P9 a target like //evil.example is a path of ours, never another host', async (t) => {
  const { port, reached } = await serve(t)
  t.equal((await raw(port, request('GET //evil.example/v1/models', ['Host: localhost']))).status, 404)
  t.same(reached, [])
})

t.test('P9 no origin that was not let in reaches a route, on any path', async (t) => {
  const { port, reached } = await serve(t, { settings: { allowedOrigins: ['https://app.example'] } })
  for (const origin of [
    PAGE, 'null', '', '*', 'http://localhost:3000', 'http://127.0.0.1:8791', `http://127.0.0.1:${port}`, 'file://',
    'http://app.example', 'https://app.example.', 'https://app.example:444', 'https://APP.example', 'https://x.app.example',
    'https://app.example.evil.example', 'https://app.example/', 'https://app.example https://evil.example',
    'chrome-extension://abcdefghijklmnop', 'https://app.example, https://app.example'
  ]) {
    for (const line of ['POST /v1/chat/completions', 'GET /v1/models', 'GET /health', 'DELETE /v1/models/x', 'GET /nowhere']) {
      const answer = await raw(port, request(line, ['Host: localhost', `Origin: ${origin}`]))
      t.equal(answer.status, 403, `${line} ${JSON.stringify(origin)}`)
      t.equal(answer.headers['access-control-allow-origin'], undefined)
    }
  }
  t.same(reached, [])
})

t.test('P9 what browsers send without an origin gives a page away', async (t) => {
  const { port, reached } = await serve(t)
  for (const site of ['cross-site', 'same-site', 'Cross-Site', 'unheard-of']) {
    for (const line of ['GET /v1/models', 'POST /v1/chat/completions', 'GET /health']) {
      t.equal((await raw(port, request(line, ['Host: localhost', `Sec-Fetch-Site: ${site}`]))).status, 403, `${line} ${site}`)
    }
  }
  t.same(reached, [])
  for (const site of ['none', 'same-origin']) {
    t.equal((await raw(port, request('GET /v1/models', ['Host: localhost', `Sec-Fetch-Site: ${site}`]))).status, 200, site)
  }
})

t.test('P9 two origins, or two fetch sites, reach no route', async (t) => {
  const { port, reached } = await serve(t, { settings: { allowedOrigins: ['https://app.example'] } })
  for (const headers of [
    ['Origin: https://app.example', `Origin: ${PAGE}`],
    [`Origin: ${PAGE}`, 'Origin: https://app.example'],
    ['Sec-Fetch-Site: none', 'Sec-Fetch-Site: cross-site']
  ]) {
    t.equal((await raw(port, request('GET /v1/models', ['Host: localhost', ...headers]))).status, 400, headers.join(' + '))
  }
  t.same(reached, [])
})

t.test('P9 a form, a simple POST and a beacon need no preflight and still reach no route', async (t) => {
  const { port, reached } = await serve(t)
  for (const type of ['text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const headers = ['Host: 127.0.0.1', `Origin: ${PAGE}`, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', `Content-Type: ${type}`]
    t.equal((await raw(port, request('POST /v1/chat/completions', headers, CHAT))).status, 403, type)
  }
  t.same(reached, [])
})

t.test('P9 a simple POST of an old browser that says nothing of itself is refused by its content type', async (t) => {
  const { port, reached } = await serve(t)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const headers = ['Host: 127.0.0.1', `Content-Type: ${type}`]
    t.equal((await raw(port, request('POST /v1/chat/completions', headers, CHAT))).status, 415, type)
  }
  t.same(reached, [])
})

t.test('P9 a preflight of a strange page is refused without a word of CORS', async (t) => {
  const { port, reached } = await serve(t)
  const answer = await raw(port, request('OPTIONS /v1/chat/completions', [
    'Host: localhost', `Origin: ${PAGE}`, 'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: authorization', 'Access-Control-Request-Private-Network: true'
  ]))
  t.equal(answer.status, 403)
  t.same(Object.keys(answer.headers).filter((name) => name.startsWith('access-control')), [])
  t.same(reached, [])
})

t.test('P9 a WebSocket handshake passes the same guard', async (t) => {
  const { port, reached } = await serve(t)
  const handshake = (headers: readonly string[]) => raw(port, [
    'GET /v1/models HTTP/1.1', ...headers, 'Connection: Upgrade, close', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''
  ].join('\r\n'))
  t.equal((await handshake(['Host: localhost', `Origin: ${PAGE}`])).status, 403)
  t.equal((await handshake(['Host: evil.example:8791'])).status, 403)
  t.equal((await handshake(['Host: localhost', 'Origin: null'])).status, 403)
  t.same(reached, [])
})

t.test('P9 a key in a page\'s hand opens nothing without a grant for its origin', async (t) => {
  const { port, keys, reached } = await serve(t)
  const granted = keys.create({ origins: ['https://app.example'] })
  const other = keys.create({})
  const ask = (origin: string, token?: string) => raw(port, request('GET /v1/models', [
    'Host: localhost', `Origin: ${origin}`, ...token === undefined ? [] : [`Authorization: Bearer ${token}`]
  ]))
  t.equal((await ask(PAGE, granted.token)).status, 403, 'the key of another origin')
  t.equal((await ask(PAGE, other.token)).status, 403, 'a key without origins')
  t.equal((await ask('https://app.example', other.token)).status, 403, 'a granted origin with another key')
  t.equal((await ask('https://app.example')).status, 401, 'a granted origin without a key')
  t.same(reached, [])

  const answer = await ask('https://app.example', granted.token)
  t.equal(answer.status, 200)
  t.equal(answer.headers['access-control-allow-origin'], 'https://app.example')
  keys.revoke(granted.record.id)
  t.equal((await ask('https://app.example', granted.token)).status, 403, 'after revocation')
  t.equal(reached.length, 1)
})

t.test('P9 on a Unix socket any host will do, but a page\'s origin will not', async (t) => {
  const socket = socketPath(t)
  const { reached } = await serve(t, { socket })
  t.equal((await raw(socket, request('GET /v1/models', ['Host: anything.example']))).status, 200)
  t.equal((await raw(socket, request('GET /v1/models', ['Host: localhost', `Origin: ${PAGE}`]))).status, 403)
  t.equal((await raw(socket, request('GET /v1/models', ['Host: localhost', 'Sec-Fetch-Site: cross-site']))).status, 403)
  t.same(reached.map(({ principal }) => principal.ip), ['unix'])
})

t.test('P9 refusals echo no more than a piece of what was sent', async (t) => {
  const { port } = await serve(t)
  const long = await raw(port, request('GET /v1/models', [`Host: ${'a'.repeat(5_000)}`]))
  t.equal(long.status, 403)
  t.ok(long.body.length < 1_000)
  const markup = await raw(port, request('GET /v1/models', ['Host: localhost', 'Origin: <script>alert(1)</script>']))
  t.match(markup.headers['content-type'], /^application\/json/)
})
