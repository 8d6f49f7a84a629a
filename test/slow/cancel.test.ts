// R4: a client that leaves a stream is noticed by the provider at once, however many leave together.

import t from 'tap'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { brokerProcess } from '../broker-process.ts'
import { provider } from '../upstreams.ts'
import { frameOf } from '../upstreams/frames.ts'
import { percentile, spread } from './figures.ts'

const LIMIT_MS = 250
const FRAME = frameOf({
  id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: null }]
})

for (const streams of [100, 500, 1_000]) {
  t.test(`${streams} streams: the provider sees its connection closed within ${LIMIT_MS} ms (p99)`, async (t) => {
    /** By the name of the stream: when its client left, and when the provider heard it. */
    const leftMs = new Map<string, number>()
    const heardMs = new Map<string, number>()
    const source = await provider(t, ({ request, response }) => {
      const { user } = request.json() as { user: string }
      request.closed.then(() => { heardMs.set(user, performance.now()) }, () => {})
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(FRAME)
    })
    const broker = await brokerProcess(t, source, { AIBROKER_MAX_IN_FLIGHT: '2000', AIBROKER_SHED_LAG_MS: '0' })
    const clients = await Promise.all(Array.from({ length: streams }, async (_, index) => {
      const name = `s${index}`
      return { name, socket: await streaming(broker.port, name) }
    }))
    for (const { name, socket } of clients) {
      leftMs.set(name, performance.now())
      socket.destroy()
    }
    await source.closed(streams)
    const took = [...heardMs].map(([name, ms]) => ms - (leftMs.get(name) ?? 0))
    t.comment(spread(took))
    t.equal(took.length, streams)
    t.ok(percentile(took, 0.99) <= LIMIT_MS, spread(took))
    while (broker.books().open > 0) await wait(20)
    t.match(broker.books(), { ok: true })
  })
}

/** A client that has read the first event of its stream. */
async function streaming (port: number, user: string): Promise<Socket> {
  const body = JSON.stringify({ model: 'm', stream: true, user, messages: [{ role: 'user', content: 'hi' }] })
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${body.length}\r\n\r\n${body}`)
  for (let text = ''; !text.includes('data:');) {
    const [chunk] = await once(socket, 'data') as [Buffer]
    text += chunk.toString('latin1')
    if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`refused: ${text}`)
  }
  socket.resume()
  return socket
}
