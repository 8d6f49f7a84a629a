import t from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import { GatewayError } from '../../src/core/errors.ts'
import { raw, request, serve, type RawAnswer } from './served.ts'

const LOCAL = ['Host: localhost']
const JSON_BODY = [...LOCAL, 'Content-Type: application/json']

/** Every error answer, whatever its cause, must look like this. */
function isEnvelope ({ status, headers, body }: RawAnswer): boolean {
  const { error } = JSON.parse(body) as { error: Record<string, unknown> & { metadata: Record<string, unknown> } }
  return headers['content-type'] === 'application/json; charset=utf-8' && error['code'] === status &&
    typeof error['message'] === 'string' && typeof error['type'] === 'string' && 'param' in error &&
    typeof error.metadata['error_type'] === 'string' && typeof error.metadata['reason'] === 'string'
}

t.test('what the framework refuses comes in the one envelope', async (t) => {
  const { port, reached } = await serve(t)
  const post = 'POST /v1/chat/completions'
  const cases: ReadonlyArray<readonly [what: string, bytes: string, status: number, reason: string]> = [
    ['unknown path', request('GET /nowhere', LOCAL), 404, 'unknown_route'],
    ['wrong method', request('DELETE /v1/chat/completions', LOCAL), 405, 'method_not_allowed'],
    ['too large', request(post, JSON_BODY, 'x'.repeat(4_097)), 413, 'too_large'],
    ['strange media type', request(post, [...LOCAL, 'Content-Type: text/xml'], '<a/>'), 415, 'wrong_content_type'],
    ['broken media type', request(post, [...LOCAL, 'Content-Type: ;;'], 'x'), 415, 'wrong_content_type'],
    ['no media type', request(post, LOCAL, '{}'), 415, 'wrong_content_type'],
    ['bad escape in the path', request('GET /v1/models/%zz', LOCAL), 400, 'invalid_body'],
    ['bad UTF-8 in the path', request('GET /v1/models/%c3%28', LOCAL), 400, 'invalid_body'],
    ['too long a path part', request(`GET /v1/models/${'a'.repeat(65)}`, LOCAL), 414, 'invalid_body'],
    ['a handler that throws', request('GET /v1/broken', LOCAL), 500, 'internal'],
    ['not HTTP', 'hello\r\n\r\n', 400, 'invalid_body'],
    ['two lengths', `${post} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400, 'invalid_body'],
    ['headers too large', request('GET /v1/models', [...LOCAL, `X-Long: ${'a'.repeat(20_000)}`]), 431, 'invalid_body']
  ]
  for (const [what, bytes, status, reason] of cases) {
    const answer = await raw(port, bytes)
    t.equal(answer.status, status, what)
    t.ok(isEnvelope(answer), what)
    t.match(JSON.parse(answer.body), { error: { metadata: { reason } } }, what)
  }
  t.same(reached, [])
})

t.test('a path served with other methods says which', async (t) => {
  const { port } = await serve(t)
  const allow = async (line: string) => (await raw(port, request(line, LOCAL))).headers['allow']
  t.equal(await allow('GET /v1/chat/completions'), 'POST')
  t.equal(await allow('POST /v1/models/gpt-5?x=1'), 'DELETE, GET, HEAD')
  t.equal(await allow('OPTIONS /v1/models'), 'GET, HEAD')
  t.equal(await allow('POST /v1/models/a/b'), undefined)
})

t.test('an internal error is told with its id, and its cause stays in the log', async (t) => {
  const { port, logLines } = await serve(t)
  const { status, body, headers } = await raw(port, request('GET /v1/broken', LOCAL))
  t.equal(status, 500)
  t.notMatch(body, /fire|secret|\.ts|at /)
  t.equal(headers['x-should-retry'], undefined)
  const { error } = JSON.parse(body) as { error: { metadata: { request_id: string } } }
  const line = JSON.parse(logLines[0] ?? '{}') as { requestId: string, stack: string, route: string }
  t.equal(line.requestId, error.metadata.request_id)
  t.match(line, { stack: /the database is on fire.*\n\s+at /, route: '/v1/broken' })
  t.equal(logLines.length, 1)
})

t.test('the clients\' own mistakes are not logged', async (t) => {
  const { port, logLines } = await serve(t)
  await raw(port, request('GET /nowhere', LOCAL))
  await raw(port, request('POST /v1/chat/completions', [...LOCAL, 'Content-Type: text/xml'], 'x'))
  t.same(logLines, [])
})

t.test('a thrown string, a thrown nothing and a thrown object are internal errors too', async (t) => {
  const thrown: unknown[] = ['text', { statusCode: 418, message: 'teapot' }, Object.assign(new Error('no'), { statusCode: 404 })]
  const { port } = await serve(t, { onChat: () => { throw thrown.shift() } })
  for (let left = thrown.length; left > 0; left--) {
    const answer = await raw(port, request('POST /v1/chat/completions', LOCAL))
    t.equal(answer.status, 500)
    t.ok(isEnvelope(answer))
    t.notMatch(answer.body, /teapot|text/)
  }
})

t.test('waiting and giving up are said in headers', async (t) => {
  const errors = [
    new GatewayError('not_allowed', { what: 'gpt-5' }),
    new GatewayError('no_such_model', { model: 'x', hint: '' }),
    new GatewayError('all_throttled', { model: 'x', seconds: 7 }, { retryAfterS: 6.2 }),
    new GatewayError('all_throttled', { model: 'x', seconds: 1 }, { retryAfterS: 0 }),
    new GatewayError('draining'),
    new GatewayError('every_backend_failed', { model: 'x', provider: 'y', reason: 'z' }),
    new GatewayError('upstream_refused', { provider: 'y', reason: 'z' }, { status: 404 })
  ]
  const { port } = await serve(t, { onChat: () => { throw errors.shift() } })
  const seen = []
  for (let left = errors.length; left > 0; left--) {
    const { status, headers } = await raw(port, request('POST /v1/chat/completions', LOCAL))
    seen.push([status, headers['retry-after'], headers['x-should-retry']])
  }
  t.same(seen, [
    [403, undefined, 'false'],
    [404, undefined, 'false'],
    [429, '7', undefined],
    [429, '1', undefined],
    [503, '1', undefined],
    [502, undefined, undefined],
    [404, undefined, undefined]
  ])
})

t.test('a key in the query or the path does not come back in the error', async (t) => {
  const { port } = await serve(t)
  const { body } = await raw(port, request('GET /v1/nowhere?key=sk-secret-0123456789', LOCAL))
  t.match(body, /\/v1\/nowhere/)
  t.notMatch(body, /sk-secret/)
})

t.test('an error after the answer has begun cuts the connection', async (t) => {
  const { port } = await serve(t, {
    onChat: async (_request, reply) => {
      reply.raw.writeHead(200, { 'transfer-encoding': 'chunked' })
      await new Promise((resolve) => { reply.raw.write('half', resolve) })
      throw new Error('later')
    }
  })
  const { body } = await raw(port, request('POST /v1/chat/completions', LOCAL))
  t.match(body, /half/)
  t.notMatch(body, /error/)
  t.notOk(body.endsWith('0\r\n\r\n'), 'the body has no clean end')
})

t.test('garbage behind a running answer cuts it and adds no second one', async (t) => {
  let started = () => {}
  const running = new Promise<void>((resolve) => { started = resolve })
  const { port } = await serve(t, {
    onChat: (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'transfer-encoding': 'chunked' })
      reply.raw.write('half')
      started()
    }
  })
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => { text += chunk.toString() })
  socket.on('error', () => {})
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')
  await running
  while (!text.includes('half')) await once(socket, 'data')
  socket.write('this is not HTTP\r\n\r\n')
  await once(socket, 'close')
  t.notMatch(text, /invalid_request_error/)
  t.notOk(text.endsWith('0\r\n\r\n'))
})

t.test('a client that leaves while it sends its body is nobody\'s error', async (t) => {
  const { port, logLines, reached, app } = await serve(t)
  const closed = new Promise<void>((resolve) => {
    app.server.once('connection', (peer) => { peer.once('close', () => { resolve() }) })
  })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"')
  await once(app.server, 'request')
  socket.resetAndDestroy()
  await closed
  t.same([logLines, reached], [[], []])
  t.equal((await raw(port, request('GET /health', LOCAL))).status, 200)
})

t.test('multipart routes say that they want multipart', async (t) => {
  const { port } = await serve(t)
  const { body } = await raw(port, request('POST /v1/audio/transcriptions', [...LOCAL, 'Content-Type: text/xml'], 'x'))
  t.match(JSON.parse(body), { error: { message: /"text\/xml" is not accepted here; send multipart\/form-data/ } })
})
