// The client's side of a stream: begun once, kept awake by comments while nothing comes, ended whole or visibly broken.

import type { Clock } from '../core/clock.ts'
import type { Outlet } from './outlet.ts'
import type { Client } from './client.ts'

export interface ClientStreamParts {
  readonly outlet: Outlet
  readonly clock: Clock
  /** Silence after which the client hears a comment; 0: never. */
  readonly keepAliveMs: number
}

export class ClientStream implements Client {
  readonly #outlet: Outlet
  readonly #clock: Clock
  readonly #keepAliveMs: number
  #wroteAtMs = 0
  #isBlocked = false
  #isBegun = false
  #stopPinging: () => void = () => {}
  #drained: () => void = () => {}

  constructor ({ outlet, clock, keepAliveMs }: ClientStreamParts) {
    this.#outlet = outlet
    this.#clock = clock
    this.#keepAliveMs = keepAliveMs
  }

  get isBegun (): boolean {
    return this.#isBegun
  }

  /** The commit point. Flat name, value list. */
  begin (headers: string[]): void {
    if (this.#isBegun) return
    this.#outlet.begin(200, headers)
    this.#isBegun = true
    this.#outlet.onDrain(() => {
      this.#isBlocked = false
      this.#drained()
    })
  }

  /** Sends `comment` whenever nothing was written for so long; `begin` opens the answer if nobody has yet. */
  keepAwake (comment: Buffer | undefined, begin: () => void): void {
    this.#stopPinging()
    if (comment === undefined || this.#keepAliveMs === 0) return
    this.#wroteAtMs = this.#clock.monotonicMs()
    this.#ping(comment, begin)
  }

  /** One timer for the whole stream: it looks how long the silence was, and sleeps for the rest of it. */
  #ping (comment: Buffer, begin: () => void): void {
    const restMs = this.#wroteAtMs + this.#keepAliveMs - this.#clock.monotonicMs()
    this.#stopPinging = this.#clock.after(Math.max(restMs, 1), () => {
      const silentMs = this.#clock.monotonicMs() - this.#wroteAtMs
      if (silentMs >= this.#keepAliveMs && !this.#isBlocked) {
        begin()
        this.write(comment)
      } else if (this.#isBlocked) this.#wroteAtMs = this.#clock.monotonicMs()
      this.#ping(comment, begin)
    })
  }

  write (block: Buffer): boolean {
    this.#wroteAtMs = this.#clock.monotonicMs()
    const isReady = this.#outlet.write(block)
    if (!isReady) this.#isBlocked = true
    return isReady
  }

  onDrain (listener: () => void): void {
    this.#drained = listener
  }

  end (tail: Buffer | undefined): void {
    this.#stopPinging()
    this.#outlet.end(tail)
  }

  /** Ends without the closing chunk (P6), behind `lastWords` if there are any. */
  cut (lastWords: Buffer | undefined): void {
    this.#stopPinging()
    if (lastWords && this.#isBegun) this.#outlet.write(lastWords)
    this.#outlet.cut()
  }

  /** Nothing more is written: somebody else answers. */
  release (): void {
    this.#stopPinging()
  }
}
