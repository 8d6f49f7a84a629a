// The clients' connections, so that a process that stops can let each of them go at its own right moment.
//
// Node closes those that wait between two requests by itself; it counts a connection that never sent anything, or only
// half a header, as busy, and after `close` it does not look at their time-outs any more: a single browser that dialled
// ahead would hold the whole process until the end of its drain time.

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'

/** For a request whose first bytes are here when the process is told to stop. */
const HALF_REQUEST_MS = 1_000

export class Connections {
  readonly #open = new Set<Socket>()
  #waiting: Array<() => void> = []

  watch (server: Server): void {
    server.on('connection', (socket) => {
      this.#open.add(socket)
      socket.once('close', () => { this.#forget(socket) })
    })
  }

  /** Each connection ends with the answer that runs on it; one without a running request ends now, or very soon. */
  retire (clock: Clock): void {
    for (const socket of this.#open) {
      const response = runningOn(socket)
      if (response !== undefined) endWith(response, socket)
      else if (socket.bytesRead === 0) socket.destroy()
    }
    clock.after(HALF_REQUEST_MS, () => {
      for (const socket of this.#open) if (runningOn(socket) === undefined) socket.destroy()
    })
  }

  destroy (): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** Resolves when no connection is open any more. */
  async ended (): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
  }

  get size (): number { return this.#open.size }

  #forget (socket: Socket): void {
    this.#open.delete(socket)
    if (this.#open.size > 0) return
    for (const wake of this.#waiting) wake()
    this.#waiting = []
  }
}

/** Node's own name for the response that writes on a socket: asked once per connection, not counted per request. */
function runningOn (socket: Socket): ServerResponse | undefined {
  return (socket as Socket & { readonly _httpMessage?: ServerResponse | null })._httpMessage ?? undefined
}

function endWith (response: ServerResponse, socket: Socket): void {
  if (!response.headersSent) response.shouldKeepAlive = false // becomes `Connection: close`
  response.once('close', () => { socket.destroySoon() })
}
