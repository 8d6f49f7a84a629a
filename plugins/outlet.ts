// The client's connection as an exchange sees it: Node's own response, taken out of Fastify's hands.

import type { FastifyReply } from 'fastify'
import type { Socket } from 'node:net'
import type { Outlet } from '../src/exchange/outlet.ts'
import { WriteStall } from './write-stall.ts'

/** A client that does not take the last bytes of a cut stream is let go after this silence. */
const LINGER_MS = 10_000

export function outletOf (reply: FastifyReply): Outlet {
  const { raw } = reply
  const { clock, settings: { writeStallMs } } = reply.server.gateway
  let stall: WriteStall | undefined
  const watch = () => {
    stall ??= new WriteStall(raw, { clock, limitMs: writeStallMs })
    stall.begin()
  }

  return {
    begin (status, headers) {
      reply.hijack()
      raw.writeHead(status, withReplyHeaders(reply, headers))
    },
    write (bytes) {
      const isTaken = raw.write(bytes)
      if (!isTaken) watch()
      return isTaken
    },
    end (bytes) {
      raw.end(bytes)
      if (raw.writableLength > 0) watch() // a long plain answer, or the last bytes for a slow reader
    },
    cut () {
      if (raw.socket) cutOff(raw.socket)
      // It waits for earlier answers of its connection: Node hands over what was written right behind this event.
      else if (!raw.destroyed) raw.once('socket', (socket: Socket) => { setImmediate(cutOff, socket) })
    },
    onDrain (listener) {
      raw.on('drain', listener)
    },
    onClosed (listener) {
      if (raw.closed) listener()
      else raw.once('close', listener)
    },
    onGone (listener) {
      if (raw.destroyed) return listener()
      // `close` also follows a complete answer; request.signal would fire as soon as a POST body was read.
      raw.once('close', () => { if (!raw.writableEnded) listener() })
    }
  }
}

/** What was written still goes out, then the connection ends without the closing chunk. */
function cutOff (socket: Socket): void {
  if (socket.destroyed) return
  socket.setTimeout(LINGER_MS, () => { socket.destroy() })
  socket.destroySoon()
}

/** Headers other plugins set on the reply (CORS) go out as well. */
function withReplyHeaders (reply: FastifyReply, headers: string[]): string[] {
  const earlier = reply.getHeaders()
  for (const name in earlier) headers.push(name, String(earlier[name]))
  return headers
}
