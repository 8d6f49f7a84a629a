// A provider that keeps what it got, on a free port.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Received {
  readonly method: string
  readonly path: string
  /** Flat, as they stood on the wire. */
  readonly headers: readonly string[]
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly json: unknown
}

/** `answer` judges each call; without it every call is fine. */
export async function provider (t: Test, answer: (call: Received) => Answer = () => ({ status: 200, json: {} })) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => { body += chunk })
    request.on('end', () => {
      const call = { method: request.method ?? '', path: request.url ?? '', headers: request.rawHeaders, body }
      received.push(call)
      const { status, json } = answer(call)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}
