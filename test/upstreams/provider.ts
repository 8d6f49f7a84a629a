// A provider that does what the test says: records every request, tells who hung up, and is gone when the test is.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { JsonObject } from '../../src/core/json.ts'

export interface RecordedRequest {
  readonly method: string
  /** With the query, as it came. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: Buffer
  /** The body parsed. @throws SyntaxError when it is not JSON. */
  json (): JsonObject
  /** Resolves when the caller hung up before the answer was complete; never otherwise. */
  readonly closed: Promise<void>
}

export interface Call {
  readonly request: RecordedRequest
  readonly response: ServerResponse
  readonly socket: Socket
  /** The answer now belongs to the socket: its end is ours and does not count as the caller hanging up. */
  takeOver (): void
  readonly isGone: boolean
}

export type Answer = (call: Call) => void | Promise<void>

export interface TestProvider {
  /** Base URL; ends in `/v1`. */
  readonly url: string
  readonly port: number
  /** In the order in which their bodies were complete. */
  readonly requests: readonly RecordedRequest[]
  /** Connections accepted so far. */
  readonly connections: number
  /** Resolves with the request that makes it `count` requests. */
  received (count?: number): Promise<RecordedRequest>
  /** Resolves when callers hung up on `count` answers that were not complete. */
  closed (count?: number): Promise<void>
}

/** What a test gives to have things taken down at its end. */
export interface Owner { teardown (fn: () => unknown): void }

export async function provider (t: Owner, answer: Answer): Promise<TestProvider> {
  const sockets = new Set<Socket>()
  const requests: RecordedRequest[] = []
  const received = new Milestones()
  const closed = new Milestones()
  let connections = 0

  // A rejected answer is an unhandled rejection on purpose: it fails the test that asked for it.
  const server = createServer(async (message, response) => {
    const call = await record(message, response, () => { closed.reach() })
    requests.push(call.request)
    received.reach()
    await answer(call)
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {}) // a reset is what some tests are about
    socket.once('close', () => { sockets.delete(socket) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    const done = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await done
  })

  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    get connections () { return connections },
    async received (count = 1) {
      await received.reached(count)
      return requests[count - 1] as RecordedRequest
    },
    closed: (count = 1) => closed.reached(count)
  }
}

async function record (message: IncomingMessage, response: ServerResponse, onClosed: () => void): Promise<Call> {
  const socket = message.socket
  let isOurs = false
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => {
      if (isOurs || response.writableFinished) return
      resolve()
      onClosed()
    })
  })
  const bytes = await buffer(message)
  const body = bytes.toString('utf8')
  return {
    request: {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body,
      bytes,
      json: () => JSON.parse(body) as JsonObject,
      closed
    },
    response,
    socket,
    takeOver () { isOurs = true },
    get isGone () { return socket.destroyed }
  }
}

/** Counts events and wakes those who wait for the nth. */
class Milestones {
  #count = 0
  #waiting: Array<{ count: number, wake: () => void }> = []

  reach (): void {
    this.#count++
    const due = this.#waiting.filter(({ count }) => count <= this.#count)
    this.#waiting = this.#waiting.filter(({ count }) => count > this.#count)
    for (const { wake } of due) wake()
  }

  async reached (count: number): Promise<void> {
    if (count <= this.#count) return
    await new Promise<void>((resolve) => { this.#waiting.push({ count, wake: resolve }) })
  }
}

/** A port of loopback that nobody listens on: connecting to it is refused. */
export async function freePort (): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
