// How the process ends, in order, so that a stop loses nothing: no row, and no answer that could still be given.
//
// DESIGN. Readiness goes first, then the doors (a new connection is refused), then the queue. Connections without a
// running request are closed; the others end with their answer. What runs has `drainMs`. At its end, or when somebody
// hurries, what still runs is interrupted: streams end by their wire's own error event, so that no client takes a part
// for the whole. A client that does not even take that is cut after HURRY_MS. The books are closed last, when every
// exchange has its row.

import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Gateway } from './gateway.ts'
import type { Connections } from './local/connections.ts'
import { closeListeners } from './local/listeners.ts'

export interface ShutdownParts {
  readonly app: Pick<FastifyInstance, 'load' | 'close'>
  readonly gateway: Pick<Gateway, 'clock' | 'settings' | 'interrupt' | 'close'>
  readonly servers: readonly Server[]
  readonly connections: Connections
  /** From now on readiness is off and new requests are refused. */
  unready (): void
}

/** What interrupted exchanges have for their last bytes and their rows. */
const HURRY_MS = 2_000
/** And what is left for the rest, before the process gives up; a restart settles what is open then. */
const LAST_MS = 3_000

export class Shutdown {
  readonly #parts: ShutdownParts
  #ending: Promise<void> | undefined
  #isHurried = false
  #giveUp!: (error: Error) => void

  constructor (parts: ShutdownParts) {
    this.#parts = parts
  }

  get hasBegun (): boolean { return this.#ending !== undefined }

  /** Resolves when everything is settled and closed. Idempotent. @throws Error when that could not be done in time. */
  begin (): Promise<void> {
    this.#ending ??= this.#endOrGiveUp()
    return this.#ending
  }

  /** The drain time is over: what runs is interrupted, and cut soon after. Idempotent. */
  hurry (): void {
    if (this.#isHurried) return
    this.#isHurried = true
    const { gateway, connections } = this.#parts
    gateway.interrupt()
    gateway.clock.after(HURRY_MS, () => {
      connections.destroy()
      gateway.clock.after(LAST_MS, () => { this.#giveUp(new Error('requests were still running after they were cut')) })
    })
  }

  async #endOrGiveUp (): Promise<void> {
    const { clock, settings: { drainMs } } = this.#parts.gateway
    const stopTimer = clock.after(drainMs, () => { this.hurry() })
    // The clock's timers do not keep a process alive, and an exchange without a client may be all that is left.
    const alive = setInterval(() => {}, drainMs + HURRY_MS + LAST_MS)
    const givenUp = new Promise<never>((_resolve, reject) => { this.#giveUp = reject })
    try {
      await Promise.race([this.#end(), givenUp])
    } finally {
      stopTimer()
      clearInterval(alive)
    }
  }

  async #end (): Promise<void> {
    const { app, gateway, servers, connections, unready } = this.#parts
    unready()
    closeListeners(servers)
    connections.retire(gateway.clock) // before the queue, so that its refusals say `Connection: close` too
    app.load.close()
    await connections.ended()
    await app.close()
    await gateway.close()
  }
}
