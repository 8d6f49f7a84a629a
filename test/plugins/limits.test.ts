import t from 'tap'
import { raw, request, serve, socketPath } from './served.ts'
import { chat } from './held.ts'

const NEAR = { rateLimitRpm: 3, isLoopbackLimited: true }

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

t.test('137: another address has a minute of its own', async (t) => {
  const served = await serve(t, { settings: NEAR })
  for (let call = 0; call < 4; call++) await chat(served, [], '127.0.0.2')
  t.equal((await chat(served, [], '127.0.0.2')).status, 429)
  t.equal((await chat(served, [], '127.0.0.3')).status, 200)
})

t.test('137: a forged X-Forwarded-For does not escape the limit', async (t) => {
  const served = await serve(t, { settings: NEAR })
  for (let call = 0; call < 3; call++) await chat(served, [`X-Forwarded-For: 198.51.100.${call}`])
  t.equal((await chat(served, ['X-Forwarded-For: 198.51.100.99'])).status, 429)
})

t.test('137: behind a trusted proxy each client is counted, and neighbours in one IPv6 /64 are one', async (t) => {
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
