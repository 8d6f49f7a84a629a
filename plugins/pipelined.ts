// Requests that a client sends before it has the answers of earlier ones on the same connection.
//
// DESIGN. Node gives such a response no socket until its turn comes, and one that never gets its turn never says
// `close`: whoever waits for that (the place in flight, the exchange) would wait for ever. What must hold: every
// response closes, at the latest with its connection. A client that waits for its answers pays one comparison.

import fp from 'fastify-plugin'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export default fp(async (fastify) => {
  const queues = new WeakMap<Socket, Set<ServerResponse>>()

  fastify.addHook('onRequest', (request, { raw }, done) => {
    if (raw.socket === null) {
      const queue = queueOf(request.raw.socket)
      queue.add(raw)
      raw.once('close', () => { queue.delete(raw) })
    }
    done()
  })

  function queueOf (socket: Socket): Set<ServerResponse> {
    const known = queues.get(socket)
    if (known) return known
    const queue = new Set<ServerResponse>()
    queues.set(socket, queue)
    socket.once('close', () => {
      for (const response of queue) closeUnsent(response)
    })
    return queue
  }
}, { name: 'pipelined', fastify: '5.x' })

/** As Node does it for the response that has the socket; that one is told by Node itself. */
function closeUnsent (response: ServerResponse): void {
  if (response.socket !== null) return
  response.destroyed = true
  response.emit('close')
}
