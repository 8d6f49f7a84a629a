import t, { type Test } from 'tap'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Connections } from '../../src/local/connections.ts'
import { manualClock } from '../keys/manual-clock.ts'

/** A server whose requests are answered by the test, and clients whose connections it has seen. */
async function watched (t: Test) {
  const connections = new Connections()
  const responses: ServerResponse[] = []
  const server = createServer((_request, response) => {
    responses.push(response)
    server.emit('asked')
  })
  connections.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    connections.destroy()
    server.close()
  })
  const dial = async (bytes = ''): Promise<Socket> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    t.teardown(() => { socket.destroy() })
    const [peer] = await accepted
    if (bytes === '') return socket
    const isWhole = bytes.endsWith('\r\n\r\n')
    const arrived = isWhole ? once(server, 'asked') : once(peer, 'data')
    socket.write(bytes)
    await arrived
    return socket
  }
  return { connections, responses, dial, clock: manualClock(), close: () => { server.close() } }
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

async function rest (socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => { chunks.push(chunk) })
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

t.test('a connection that never asked anything is closed at once', async (t) => {
  const { connections, dial, clock } = await watched(t)
  const silent = await dial()
  t.equal(connections.size, 1)
  connections.retire(clock)
  t.equal(await rest(silent), '')
  await connections.ended()
  t.equal(connections.size, 0)
})

t.test('half a request has a second to become a whole one', async (t) => {
  const { connections, responses, dial, clock } = await watched(t)
  const [slow, lost] = [await dial('GET / HT'), await dial('GET / HT')]
  connections.retire(clock)
  clock.pass(999)
  const arrived = once(slow, 'data')
  slow.write('TP/1.1\r\nHost: localhost\r\n\r\n')
  while (responses.length === 0) await new Promise((resolve) => { setImmediate(resolve) })
  clock.pass(1)
  t.equal(await rest(lost), '')
  responses[0]?.end('late')
  t.match(String(await arrived), /^HTTP\/1.1 200 /)
})

t.test('an answer that has not begun says that it is the last one, and it is', async (t) => {
  const { connections, responses, dial, clock } = await watched(t)
  const client = await dial(GET)
  connections.retire(clock)
  clock.pass(10_000)
  t.equal(connections.size, 1, 'a running request has its time')
  responses[0]?.end('done')
  const answer = await rest(client)
  t.match(answer, /^HTTP\/1.1 200 OK\r\n/)
  t.match(answer, /\r\nConnection: close\r\n/)
  t.match(answer, /done$/)
  await connections.ended()
})

t.test('an answer that has begun is delivered to its end, and then the connection is closed', async (t) => {
  const { connections, responses, dial, clock } = await watched(t)
  const client = await dial(GET)
  const [response] = responses
  response?.write('first')
  await once(client, 'data')
  connections.retire(clock)
  response?.end('last'.repeat(100_000))
  t.match(await rest(client), /lastlast\r\n0\r\n\r\n$/)
  await connections.ended()
})

t.test('a client that stays after its answer does not hold the process', async (t) => {
  const { connections, responses, dial, clock, close } = await watched(t)
  const idle = await dial(GET)
  responses[0]?.end('done')
  await once(idle, 'data')
  close()
  connections.retire(clock)
  clock.pass(1_000)
  await connections.ended()
  t.pass('closed')
})
