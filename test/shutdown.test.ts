// The order in which a process ends, with its clock in the hands of the test. As a process: shutdown-process.test.ts.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Connections } from '../src/local/connections.ts'
import { Shutdown } from '../src/shutdown.ts'
import { manualClock } from './keys/manual-clock.ts'

const DRAIN_MS = 30_000

async function running (t: Test) {
  const clock = manualClock()
  const steps: string[] = []
  const step = (name: string) => () => { steps.push(name) }
  const stores = { close: async () => { steps.push('gateway closed') } }
  const responses: ServerResponse[] = []
  const connections = new Connections()
  const server = createServer((_request, response) => {
    responses.push(response)
    response.write('first')
  })
  connections.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    connections.destroy()
    server.close()
  })
  const shutdown = new Shutdown({
    app: { load: { inFlight: 0, waiting: 0, lagMs: 0, close: step('queue closed') }, close: step('app closed') as never },
    gateway: { clock, settings: { drainMs: DRAIN_MS } as never, interrupt: step('interrupted'), close: () => stores.close() },
    servers: [server],
    connections,
    unready: step('unready')
  })
  const { port } = server.address() as AddressInfo
  /** A client that has read the first bytes of its answer. */
  const client = async () => {
    const request = get({ port, host: '127.0.0.1', agent: false }).on('error', () => {})
    const [response] = await once(request, 'response') as [IncomingMessage]
    response.on('error', () => {})
    const ended = new Promise<void>((resolve) => { response.once('close', resolve) })
    await once(response, 'data')
    return { ended, isWhole: () => response.complete }
  }
  return { clock, steps, stores, responses, shutdown, client, server }
}

t.test('an idle process ends at once, in order', async (t) => {
  const { shutdown, steps, clock, server } = await running(t)
  t.notOk(shutdown.hasBegun)
  await shutdown.begin()
  t.ok(shutdown.hasBegun)
  t.notOk(server.listening)
  t.same(steps, ['unready', 'queue closed', 'app closed', 'gateway closed'])
  clock.pass(DRAIN_MS)
  t.notOk(steps.includes('interrupted'), 'the drain timer is gone')
})

t.test('what runs has the drain time, and the books are closed after it', async (t) => {
  const { shutdown, steps, clock, responses, client } = await running(t)
  const { ended, isWhole } = await client()
  const end = shutdown.begin()
  t.equal(shutdown.begin(), end, 'once')
  clock.pass(DRAIN_MS - 1)
  t.same(steps, ['unready', 'queue closed'])
  responses[0]?.end('last')
  await ended
  await end
  t.ok(isWhole())
  t.same(steps.slice(2), ['app closed', 'gateway closed'])
})

t.test('after the drain time what runs is interrupted, and two seconds later cut', async (t) => {
  const { shutdown, steps, clock, client } = await running(t)
  const { ended, isWhole } = await client()
  const end = shutdown.begin()
  clock.pass(DRAIN_MS)
  t.same(steps, ['unready', 'queue closed', 'interrupted'])
  clock.pass(1_999)
  t.equal(steps.length, 3)
  clock.pass(1)
  await ended
  await end
  t.notOk(isWhole())
  t.same(steps.slice(3), ['app closed', 'gateway closed'])
})

t.test('a second signal does not wait for the drain time, and a third one changes nothing', async (t) => {
  const { shutdown, steps, clock, client } = await running(t)
  const { ended } = await client()
  const end = shutdown.begin()
  shutdown.hurry()
  shutdown.hurry()
  t.same(steps, ['unready', 'queue closed', 'interrupted'])
  clock.pass(2_000)
  await ended
  await end
})

t.test('exchanges that never end do not hold the process for ever', async (t) => {
  const { shutdown, stores, clock } = await running(t)
  stores.close = () => new Promise(() => {})
  let isEnded = false
  const end = shutdown.begin().finally(() => { isEnded = true })
  clock.pass(DRAIN_MS + 2_000 + 2_999)
  await new Promise((resolve) => { setImmediate(resolve) })
  t.notOk(isEnded)
  clock.pass(1)
  await t.rejects(end, /still running/)
})

t.test('books that cannot be closed are told', async (t) => {
  const { shutdown, stores } = await running(t)
  stores.close = async () => { throw new Error('disk full') }
  await t.rejects(shutdown.begin(), /disk full/)
})
