// Requests behind each other on one connection, whose answers wait for their turn.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gateway, post, type TestGateway } from '../helper.ts'
import { rowsOf } from '../promises/observe.ts'
import { provider, type Call } from '../upstreams.ts'
import { until } from './held.ts'

const PLACES = 4

function requestFor (model: string): string {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] })
  return 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${body.length}\r\n\r\n${body}`
}

/** A connection with several requests on it. */
function pipeline (t: Test, { origin }: TestGateway, ...models: string[]): Socket {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(models.map(requestFor).join(''))
  t.teardown(() => { socket.destroy() })
  return socket
}

/** `first` answers when it is told to, `second` breaks its stream off. */
async function served (t: Test) {
  let letGo = () => {}
  const isFree = new Promise<void>((resolve) => { letGo = resolve })
  const event = 'data: {"id":"a","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}\n\n'
  const end = 'data: {"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
  const upstream = await provider(t, async ({ request, response }: Call) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (request.body.includes('first-upstream')) await isFree
    response.end(request.body.includes('second-upstream') ? event : event + end)
  })
  const backends = [{ url: upstream.url }]
  const broker = await gateway(t, {
    models: { first: backends, second: backends, other: backends },
    env: { AIBROKER_MAX_IN_FLIGHT: String(PLACES), AIBROKER_QUEUE: '0' }
  })
  t.teardown(() => { letGo() })
  return { broker, letGo }
}

t.test('a client that leaves gives back the places of the answers whose turn never came', async (t) => {
  const { broker } = await served(t)
  const socket = pipeline(t, broker, 'first', 'other', 'other', 'second')
  await until(() => rowsOf(broker.home).filter(({ status }) => status !== null).length === PLACES - 1)
  socket.destroy()
  await until(() => rowsOf(broker.home).every(({ status }) => status !== null))
  for (let turn = 0; turn < PLACES; turn++) {
    const { status } = await post(`${broker.url}/chat/completions`, JSON.parse(requestFor('other').split('\r\n\r\n')[1] ?? ''))
    t.equal(status, 200)
  }
})

t.test('a stream that broke while it waited for its turn ends in its error, and the connection with it', async (t) => {
  const { broker, letGo } = await served(t)
  const socket = pipeline(t, broker, 'first', 'second')
  let heard = ''
  socket.setEncoding('latin1').on('data', (text: string) => { heard += text })
  await until(() => rowsOf(broker.home).some(({ status }) => status !== null))
  letGo()
  await once(socket, 'close')
  const [first = '', second = ''] = heard.split('HTTP/1.1 200 OK').slice(1)
  t.match(first, /\[DONE\]\n\n\r\n0\r\n\r\n$/)
  t.match(second, /stream_cut/)
  t.notMatch(second, /\[DONE\]|\r\n0\r\n/)
})
