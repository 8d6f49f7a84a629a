// A provider that misbehaves on purpose: an OpenAI-compatible server on raw sockets, so that framing itself can break.
//
// DESIGN. Every POST picks a play: by its model name (`chaos/<play>`), else the server's own. A play decides what goes
// out, byte by byte; no HTTP library is between it and the socket. Everything waits on the clock it is given, and the
// same requests in the same order get the same bytes.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { systemClock, type Clock } from '../core/clock.ts'
import { systemRandom, type RandomBytes } from '../core/ids.ts'
import type { Call } from './call.ts'
import { Calls } from './calls.ts'
import { Connection } from './connection.ts'
import type { Play } from './play.ts'
import { Repertoire } from './repertoire.ts'
import { openTruth } from './truth.ts'

export interface ChaosOptions {
  readonly host?: string
  /** 0 (the default): any free one. */
  readonly port?: number
  /** What models get that name no play: the name of one, or one of your own. `well` by default. */
  readonly play?: string | Play
  readonly clock?: Clock
  readonly random?: RandomBytes
  /** Where the truth is appended, see truth.ts. */
  readonly truthPath?: string
}

export interface ChaosServer {
  /** Base URL; ends in `/v1`. */
  readonly url: string
  readonly port: number
  /** In the order in which they came. */
  readonly calls: readonly Call[]
  /** Connections accepted so far. */
  readonly connections: number
  /** Plays with more than one take begin again. */
  reset (): void
  /** Cuts what is under way and stops listening. Idempotent. */
  close (): Promise<void>
}

/** @throws UnknownPlay, or what the system says about the address or the file. */
export async function startChaos (options: ChaosOptions = {}): Promise<ChaosServer> {
  const { host = '127.0.0.1', port = 0, play = 'well', clock = systemClock, random = systemRandom, truthPath } = options
  const repertoire = new Repertoire(play, clock)
  const truth = openTruth(truthPath)
  const calls = new Calls(clock, truth)
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => { sockets.delete(socket) })
    new Connection(socket, ++connections, { repertoire, calls, clock, random }).begin()
  })
  server.listen(port, host)
  await once(server, 'listening').catch((error: unknown) => {
    truth.close()
    throw error
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
    truth.close()
  }
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/v1`,
    port: bound,
    calls: calls.all,
    get connections () { return connections },
    reset: () => { repertoire.reset() },
    close: () => (closing ??= close())
  }
}
