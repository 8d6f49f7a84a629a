// Places for requests in flight, seen from outside. `queueLength: 0`: nobody waits for one.

import t from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyReply } from 'fastify'
import { chat, held } from './held.ts'
import { raw, request, serve } from './served.ts'

t.test('so many requests run at once; the next is refused, and a place that is free again can be taken', async (t) => {
  const gate = held()
  const served = await serve(t, { settings: { maxInFlight: 2, queueLength: 0 }, onChat: gate.onChat })
  const first = chat(served)
  const second = chat(served)
  await gate.arrived(2)

  const refused = await chat(served)
  t.equal(refused.status, 503)
  t.equal(refused.headers['retry-after'], '1')
  t.match(JSON.parse(refused.body), {
    error: {
      code: 503,
      type: 'server_error',
      message: 'The broker runs as much as it can. Retry in 1 s.',
      metadata: { error_type: 'provider_overloaded', reason: 'overloaded' }
    }
  })
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
  const served = await serve(t, { settings: { queueLength: 0 }, onChat: gate.onChat })
  const [narrow, other] = [served.keys.create({ maxInFlight: 1 }), served.keys.create({})]
  const first = chat(served, [`Authorization: Bearer ${narrow.token}`])
  await gate.arrived(1)
  const refused = await chat(served, [`Authorization: Bearer ${narrow.token}`])
  t.equal(refused.status, 429)
  t.match(refused.headers, { 'retry-after': '1', 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0' })
  t.equal(refused.headers['x-ratelimit-reset'], String(served.clock.nowMs() + 1_000))
  t.match(JSON.parse(refused.body), { error: { message: /for this key: 1 are running/, metadata: { reason: 'too_many_in_flight' } } })
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
    settings: { maxInFlight: 1, queueLength: 0 },
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
    t.equal((await chat(served)).status, 503, `round ${round}: taken`)
    socket.resetAndDestroy()
    await left
  }
  const last = chat(served)
  await gate.arrived(4)
  t.equal((await chat(served)).status, 503, 'exactly one place came back')
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
  const served = await serve(t, { settings: { maxInFlight: 1, queueLength: 0 }, onChat: (_request, reply) => endings.shift()?.(reply) ?? 'done' })
  t.equal((await chat(served)).status, 500)
  t.equal((await chat(served)).status, 200, 'cut')
  t.equal((await chat(served)).status, 200, 'hijacked')
  const tooLarge = await raw(served.port, request('POST /v1/chat/completions', ['Host: localhost', 'Content-Type: application/json'], 'x'.repeat(5_000)))
  t.equal(tooLarge.status, 413)
  t.equal((await chat(served)).status, 200)
})

t.test('every place comes back when many requests share one connection', async (t) => {
  const served = await serve(t, { settings: { maxInFlight: 1, queueLength: 0 } })
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
