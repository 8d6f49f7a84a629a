// The queue behind the places, seen from outside: who waits how long, in which order, and who is told to come back.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Settings } from '../../src/settings.ts'
import { chat, held, until, type Held } from './held.ts'
import { request, serve, type RawAnswer, type Served } from './served.ts'

interface Full extends Held {
  readonly served: Served
  /** Sends a request with a name, and resolves when it waits. */
  queue (name: string, from?: string): Promise<Waiting>
}

interface Waiting { readonly answer: Promise<RawAnswer> }

/** A broker with one place, which is taken. */
async function full (t: Test, settings: Partial<Settings> = {}): Promise<Full> {
  const gate = held()
  const served = await serve(t, { settings: { maxInFlight: 1, ...settings }, onChat: gate.onChat })
  chat(served, ['name: first'])
  await gate.arrived(1)
  return {
    ...gate,
    served,
    async queue (name, from) {
      const { waiting } = served.app.load
      const answer = chat(served, [`name: ${name}`], from)
      await until(() => served.app.load.waiting > waiting)
      return { answer }
    }
  }
}

/** Lets requests go one by one, and says in which order they ran. */
async function orderOf ({ names, arrived, letGo }: Full, count: number): Promise<readonly string[]> {
  for (let at = 0; at < count; at++) {
    await arrived(at + 1)
    letGo(at)
  }
  return names
}

t.test('a request waits for a place and is served as soon as there is one', async (t) => {
  const setting = await full(t)
  const second = await setting.queue('second')
  t.same([setting.served.app.load.inFlight, setting.served.app.load.waiting], [1, 1])
  setting.letGo(0)
  await setting.arrived(2)
  t.same([setting.served.app.load.inFlight, setting.served.app.load.waiting], [1, 0])
  setting.letGo(1)
  t.equal((await second.answer).status, 200)
})

t.test('nobody waits longer than the queue allows, and the refusal says when to come back', async (t) => {
  const setting = await full(t, { queueMs: 2_000 })
  const second = await setting.queue('second')
  setting.served.clock.pass(1_999)
  t.equal(setting.served.app.load.waiting, 1)
  setting.served.clock.pass(1)
  const { status, headers, body } = await second.answer
  t.equal(status, 503)
  t.equal(headers['retry-after'], '1')
  t.match(JSON.parse(body), { error: { metadata: { reason: 'overloaded' } } })
  t.equal(setting.served.app.load.waiting, 0)
  setting.letGo(0)
  const third = chat(setting.served)
  await setting.arrived(2)
  setting.letGo(1)
  t.equal((await third).status, 200, 'the one that gave up took no place')
})

t.test('a full queue refuses at once', async (t) => {
  const setting = await full(t, { queueLength: 2 })
  await setting.queue('second')
  await setting.queue('third')
  t.equal((await chat(setting.served)).status, 503)
  t.equal(setting.served.app.load.waiting, 2)
})

t.test('each address has its turn, however many requests another one has', async (t) => {
  const setting = await full(t)
  for (const name of ['noisy1', 'noisy2', 'noisy3', 'noisy4']) await setting.queue(name, '127.0.0.2')
  await setting.queue('quiet1', '127.0.0.3')
  await setting.queue('quiet2', '127.0.0.3')
  t.same(await orderOf(setting, 7), ['first', 'noisy1', 'quiet1', 'noisy2', 'quiet2', 'noisy3', 'noisy4'])
})

t.test('who fills the queue gives a place in it to others: its last one is refused', async (t) => {
  const setting = await full(t, { queueLength: 3 })
  const noisy: Waiting[] = []
  for (const name of ['noisy1', 'noisy2', 'noisy3']) noisy.push(await setting.queue(name, '127.0.0.2'))
  const quiet = chat(setting.served, ['name: quiet'], '127.0.0.3')
  t.equal((await noisy[2]?.answer)?.status, 503)
  t.equal((await chat(setting.served, [], '127.0.0.2')).status, 503, 'the noisy one cannot push back')
  t.same(await orderOf(setting, 4), ['first', 'noisy1', 'quiet', 'noisy2'])
  t.equal((await quiet).status, 200)
})

t.test('a client that leaves the queue leaves it at once, and no place is lost', async (t) => {
  const setting = await full(t)
  const { served } = setting
  const socket = connect(served.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(request('POST /v1/chat/completions', ['Host: localhost']))
  await until(() => served.app.load.waiting === 1)
  socket.resetAndDestroy()
  await until(() => served.app.load.waiting === 0)
  t.equal(served.clock.waiting, 1, 'only the watch over the event loop has a timer')

  const third = await setting.queue('third')
  t.same(await orderOf(setting, 2), ['first', 'third'])
  t.equal((await third.answer).status, 200)
})

t.test('a key at its own limit waits for itself, and others pass', async (t) => {
  const gate = held()
  const served = await serve(t, { onChat: gate.onChat })
  const keys = [served.keys.create({ maxInFlight: 1 }), served.keys.create({})].map(({ token }) => [`Authorization: Bearer ${token}`])
  const [narrow = [], other = []] = keys
  const first = chat(served, narrow)
  await gate.arrived(1)
  const second = chat(served, narrow)
  await until(() => served.app.load.waiting === 1)
  const third = chat(served, other)
  await gate.arrived(2)
  gate.letGo(1)
  t.equal((await third).status, 200)

  const fourth = chat(served, narrow)
  await until(() => served.app.load.waiting === 2)
  gate.letGo(0)
  await gate.arrived(3)
  served.clock.pass(2_000)
  const refused = await fourth
  t.equal(refused.status, 429)
  t.match(JSON.parse(refused.body), { error: { message: /for this key: 1 are running/ } })
  gate.letGo(2)
  t.same((await Promise.all([first, second])).map(({ status }) => status), [200, 200])
})

t.test('the wait that is told grows with what a place is held for and with how many are ahead', async (t) => {
  const setting = await full(t, { queueLength: 3 })
  setting.served.clock.pass(10_000)
  const [second] = [await setting.queue('second'), await setting.queue('third')]
  setting.letGo(0)
  await setting.arrived(2)
  await setting.queue('fourth')
  await setting.queue('fifth')
  const { status, headers } = await chat(setting.served)
  t.equal(status, 503)
  t.equal(headers['retry-after'], '40', 'three wait, and each of the four takes ten seconds')
  setting.letGo(1)
  t.equal((await second?.answer)?.status, 200)
})

t.test('when the broker stops, whoever waits is told so, and whoever runs goes on', async (t) => {
  const setting = await full(t)
  const { served } = setting
  const running = connect(served.port, '127.0.0.1')
  running.destroy()
  const second = await setting.queue('second')
  const closing = served.app.close()
  const { status, headers, body } = await second.answer
  t.equal(status, 503)
  t.equal(headers['retry-after'], '1')
  t.match(JSON.parse(body), { error: { metadata: { reason: 'draining' } } })
  setting.letGo(0)
  await closing
})

t.test('a broker whose event loop is late refuses inference, and answers everything else', async (t) => {
  const gate = held()
  const served = await serve(t, { onChat: gate.onChat })
  chat(served)
  await gate.arrived(1)
  for (let second = 0; second < 3; second++) served.clock.lag(600)
  t.ok(served.app.load.lagMs > 200, `${served.app.load.lagMs} ms`)

  const { status, headers, body } = await chat(served)
  t.equal(status, 503)
  t.equal(headers['retry-after'], '1')
  t.match(JSON.parse(body), { error: { metadata: { reason: 'overloaded' } } })
  const socket = connect(served.port, '127.0.0.1')
  socket.write(request('GET /health', ['Host: localhost']))
  const [head] = await once(socket, 'data') as [Buffer]
  t.match(head.toString('latin1'), /^HTTP\/1.1 200 /)
  socket.destroy()

  served.clock.pass(5_000)
  const after = chat(served)
  await gate.arrived(2)
  gate.letGo(0)
  gate.letGo(1)
  t.equal((await after).status, 200, 'calm again')
})
