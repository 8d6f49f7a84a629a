// What every request shows before anything is believed: one value per security header, a path, and where it came in.

import type { FastifyRequest } from 'fastify'
import type { Server, Socket } from 'node:net'
import { readAddress } from '../src/core/address.ts'
import { GatewayError } from '../src/core/errors.ts'

/** Two values of one of these would let two readers see two different requests. */
const ONCE: ReadonlySet<string> = new Set(['host', 'origin', 'authorization', 'x-api-key', 'sec-fetch-site'])
const LENGTHS: ReadonlySet<number> = new Set(Array.from(ONCE, (name) => name.length))
const SLASH = 0x2f

/** @throws GatewayError 400 when a header that decides who may call is there twice. */
export function refuseDuplicates (rawHeaders: readonly string[]): void {
  let seen: string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] as string
    if (!LENGTHS.has(raw.length)) continue
    const name = raw.toLowerCase()
    if (!ONCE.has(name)) continue
    if (seen?.includes(name)) throw new GatewayError('invalid_body', { reason: `The header ${name} is there twice.` })
    seen = seen === undefined ? [name] : [...seen, name]
  }
}

/**
 * A proxy's form of the target (`GET http://host/path`) names a second host, which the router would ignore.
 * @throws GatewayError 400
 */
export function refuseAbsoluteTarget (target: string): void {
  if (target.charCodeAt(0) === SLASH) return
  throw new GatewayError('invalid_body', { reason: 'The request target must be a path: this is not a forward proxy.' })
}

/** The peer's address as `readAddress` spells it, or `unix`. */
export type Peer = (request: FastifyRequest) => string

/**
 * A socket without an address is not a Unix socket: Node forgets the address of a TCP client that has left, and such a
 * request must not slip past the Host check. So the listener is asked, once.
 */
export function createPeer (): Peer {
  const isUnix = new WeakMap<Server, boolean>()

  return ({ raw: { socket } }) => {
    const { server } = socket as Socket & { readonly server?: Server }
    if (server !== undefined) {
      let known = isUnix.get(server)
      if (known === undefined) isUnix.set(server, known = typeof server.address() === 'string')
      if (known) return 'unix'
    }
    const address = readAddress(socket.remoteAddress ?? '')
    if (address === undefined) throw new GatewayError('client_gone')
    return address
  }
}
