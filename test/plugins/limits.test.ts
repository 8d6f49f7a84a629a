import t from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { raw, request, serve, socketPath, type Served } from './served.ts'

const NEAR = { rateLimitRpm: 3, isLoopbackLimited: true }

const chat = ({ port }: Pick<Served, 'port'>, headers: readonly string[] = [], from?: string) =>
  raw(port, request('POST /v1/chat/completions', ['Host: localhost', ...headers]), from)

t.test('an address may call so many times a minute; the refusal says when to come back', async (t) => {
  const served = await serve(t, { settings: NEAR })
  for (let call = 0; call < 3; call++) {
    const { status, headers } = await chat(served)
    t.equal(status, 200)
    t.same(Object.keys(headers).filter((name) => /^(x-ratelimit|retry-after)/.test(name)), [], 'no limit headers on success')
  }
  served.clock.pass(20_500)
  const refused = await chat(served)
  t.equal(refused.status, 429)
  t.match(refused.headers, {
    'retry-after': '40',
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(served.clock.nowMs() + 39_500)
  })
  t.match(JSON.parse(refused.body), {
    error: {
      code: 429,
      type: 'rate_limit_error',
      message: 'Rate limit exceeded: 3 requests per minute for this address. Retry in 40 s.',
      metadata: { error_type: 'rate_limit_exceeded', reason: 'rate_limited', headers: { 'X-RateLimit-Limit': '3' } }
    }
  })
  served.clock.pass(39_500)
  t.equal((await chat(served)).status, 200)
  t.equal(served.reached.length, 4)
})

t.test('another address has a minute of its own', async (t) => {
  const served = await serve(t, { settings: NEAR })
  for (let call = 0; call < 4; call++) await chat(served, [], '127.0.0.2')
  t.equal((await chat(served, [], '127.0.0.2')).status, 429)
  t.equal((await chat(served, [], '127.0.0.3')).status, 200)
})

t.test('a forged X-Forwarded-For does not escape the limit', async (t) => {
  const served = await serve(t, { settings: NEAR })
  for (let call = 0; call < 3; call++) await chat(served, [`X-Forwarded-For: 198.51.100.${call}`])
  t.equal((await chat(served, ['X-Forwarded-For: 198.51.100.99'])).status, 429)
})

t.test('behind a trusted proxy each client is counted, and neighbours in one IPv6 /64 are one', async (t) => {
  const served = await serve(t, { settings: { rateLimitRpm: 1, trustProxy: ['127.0.0.1'] } })
  const statusFor = async (client: string) => (await chat(served, [`X-Forwarded-For: ${client}`])).status
  t.equal(await statusFor('198.51.100.1'), 200)
  t.equal(await statusFor('198.51.100.1'), 429)
  t.equal(await statusFor('198.51.100.2'), 200)
  t.equal(await statusFor('2001:db8:0:1::1'), 200)
  t.equal(await statusFor('2001:db8:0:1:ffff::2'), 429)
  t.equal(await statusFor('2001:db8:0:2::1'), 200)
})

t.test('loopback and sockets are not counted unless the limit was set', async (t) => {
  const settings = { rateLimitRpm: 1, isLoopbackLimited: false }
  const served = await serve(t, { settings })
  for (let call = 0; call < 3; call++) t.equal((await chat(served)).status, 200)

  const [free, counted] = [socketPath(t), socketPath(t)]
  const line = request('POST /v1/chat/completions', ['Host: localhost'])
  await serve(t, { settings, socket: free })
  for (let call = 0; call < 3; call++) t.equal((await raw(free, line)).status, 200)
  await serve(t, { settings: { ...settings, isLoopbackLimited: true }, socket: counted })
  t.equal((await raw(counted, line)).status, 200)
  t.equal((await raw(counted, line)).status, 429)
})

t.test('a limit of 0 is no limit', async (t) => {
  const served = await serve(t, { settings: { rateLimitRpm: 0, isLoopbackLimited: true, maxInFlight: 0 } })
  for (let call = 0; call < 3; call++) t.equal((await chat(served)).status, 200)
})

t.test('a key has its own minute, whatever address it comes from', async (t) => {
  const served = await serve(t)
  const [slow, free] = [served.keys.create({ rpm: 2 }), served.keys.create({})]
  const statusOf = async (token: string, from: string) => (await chat(served, [`Authorization: Bearer ${token}`], from)).status
  t.equal(await statusOf(slow.token, '127.0.0.2'), 200)
  t.equal(await statusOf(slow.token, '127.0.0.3'), 200)
  const refused = await chat(served, [`Authorization: Bearer ${slow.token}`])
  t.equal(refused.status, 429)
  t.match(JSON.parse(refused.body), { error: { message: /2 requests per minute for this key/ } })
  t.equal(refused.headers['x-ratelimit-limit'], '2')
  for (let call = 0; call < 4; call++) t.equal(await statusOf(free.token, '127.0.0.2'), 200)
  served.clock.pass(60_000)
  t.equal(await statusOf(slow.token, '127.0.0.2'), 200)
})

t.test('a wall clock that jumps neither frees nor blocks anybody', async (t) => {
  const served = await serve(t, { settings: { rateLimitRpm: 1, isLoopbackLimited: true } })
  await chat(served)
  served.clock.jump(400 * 86_400_000)
  t.equal((await chat(served)).status, 429)
  served.clock.jump(-500 * 86_400_000)
  served.clock.pass(60_000)
  t.equal((await chat(served)).status, 200)
})

t.test('health, models and unknown paths count for nothing and take no place', async (t) => {
  const served = await serve(t, { settings: { rateLimitRpm: 1, isLoopbackLimited: true, maxInFlight: 1 } })
  await chat(served)
  t.equal((await chat(served)).status, 429)
  for (let call = 0; call < 3; call++) {
    for (const [path, status] of [['/health', 200], ['/v1/models', 200], ['/nowhere', 404]] as const) {
      t.equal((await raw(served.port, request(`GET ${path}`, ['Host: localhost']))).status, status, path)
    }
  }
})

/** Holds every request of POST /v1/chat/completions until the test lets one go. */
function held () {
  const waiting: Array<(answer: string) => void> = []
  let wake = () => {}
  return {
    onChat: (_request: FastifyRequest, _reply: FastifyReply) => new Promise<string>((resolve) => {
      waiting.push(resolve)
      wake()
    }),
    async arrived (count: number): Promise<void> {
      while (waiting.length < count) await new Promise<void>((resolve) => { wake = resolve })
    },
    letGo (at: number): void { waiting[at]?.('done') }
  }
}

t.test('so many requests run at once; the next is refused, and a place that is free again can be taken', async (t) => {
  const gate = held()
  const served = await serve(t, { settings: { maxInFlight: 2 }, onChat: gate.onChat })
  const first = chat(served)
  const second = chat(served)
  await gate.arrived(2)

  const refused = await chat(served)
  t.equal(refused.status, 429)
  t.match(refused.headers, { 'retry-after': '1', 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0' })
  t.equal(refused.headers['x-ratelimit-reset'], String(served.clock.nowMs() + 1_000))
  t.match(JSON.parse(refused.body), { error: { message: /for this broker: 2 are running/, metadata: { reason: 'too_many_in_flight' } } })
  t.equal((await raw(served.port, request('GET /health', ['Host: localhost']))).status, 200)

  gate.letGo(0)
  t.equal((await first).status, 200)
  const third = chat(served)
  await gate.arrived(3)
  gate.letGo(1)
  gate.letGo(2)
  t.same((await Promise.all([second, third])).map(({ status }) => status), [200, 200])
})

t.test('a key has its own places and leaves the rest to others', async (t) => {
  const gate = held()
  const served = await serve(t, { onChat: gate.onChat })
  const [narrow, other] = [served.keys.create({ maxInFlight: 1 }), served.keys.create({})]
  const first = chat(served, [`Authorization: Bearer ${narrow.token}`])
  await gate.arrived(1)
  const refused = await chat(served, [`Authorization: Bearer ${narrow.token}`])
  t.equal(refused.status, 429)
  t.match(JSON.parse(refused.body), { error: { message: /for this key: 1 are running/ } })
  const second = chat(served, [`Authorization: Bearer ${other.token}`])
  await gate.arrived(2)
  gate.letGo(0)
  gate.letGo(1)
  t.same((await Promise.all([first, second])).map(({ status }) => status), [200, 200])
})

t.test('a client that leaves gives its place back, once', async (t) => {
  const gate = held()
  let closed = () => {}
  const served = await serve(t, {
    settings: { maxInFlight: 1 },
    onChat: (request, reply) => {
      reply.raw.once('close', () => { closed() })
      return gate.onChat(request, reply)
    }
  })
  for (let round = 1; round <= 3; round++) {
    const left = new Promise<void>((resolve) => { closed = resolve })
    const socket = connect(served.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(request('POST /v1/chat/completions', ['Host: localhost']))
    await gate.arrived(round)
    t.equal((await chat(served)).status, 429, `round ${round}: taken`)
    socket.resetAndDestroy()
    await left
  }
  const last = chat(served)
  await gate.arrived(4)
  t.equal((await chat(served)).status, 429, 'exactly one place came back')
  gate.letGo(3)
  t.equal((await last).status, 200)
})

t.test('failed, cut and refused answers give their place back', async (t) => {
  const endings: Array<(reply: FastifyReply) => unknown> = [
    () => { throw new Error('broken') },
    (reply) => {
      reply.hijack()
      reply.raw.writeHead(200)
      reply.raw.write('half', () => { reply.raw.destroy() })
    },
    (reply) => {
      reply.hijack()
      reply.raw.end('whole')
    }
  ]
  const served = await serve(t, { settings: { maxInFlight: 1 }, onChat: (_request, reply) => endings.shift()?.(reply) ?? 'done' })
  t.equal((await chat(served)).status, 500)
  t.equal((await chat(served)).status, 200, 'cut')
  t.equal((await chat(served)).status, 200, 'hijacked')
  const tooLarge = await raw(served.port, request('POST /v1/chat/completions', ['Host: localhost', 'Content-Type: application/json'], 'x'.repeat(5_000)))
  t.equal(tooLarge.status, 413)
  t.equal((await chat(served)).status, 200)
})

t.test('every place comes back when many requests share one connection', async (t) => {
  const served = await serve(t, { settings: { maxInFlight: 1 } })
  const one = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'
  const socket = connect(served.port, '127.0.0.1')
  const statuses: string[] = []
  for (let call = 0; call < 20; call++) {
    socket.write(one)
    const [chunk] = await once(socket, 'data') as [Buffer]
    statuses.push(chunk.toString('latin1').slice(9, 12))
  }
  socket.destroy()
  t.same(new Set(statuses), new Set(['200']))
})
