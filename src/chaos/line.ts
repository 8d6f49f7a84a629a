// The answering side of one connection: gathers bytes of one moment into one write, waits for a slow reader, notices
// when the caller is gone.

import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'

/** Bytes that gather before they are written without being asked to. */
const LARGEST_WRITE_BYTES = 64 * 1024

export class Line {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #leaving = new Set<() => void>()
  #isGone = false
  #waiting: Buffer[] = []
  #waitingBytes = 0

  constructor (socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    socket.setNoDelay(true)
    socket.once('close', () => { this.#leave() })
    // A half-closed connection counts as gone: a caller that gave up looks the same from here.
    socket.once('end', () => {
      this.#leave()
      socket.destroySoon()
    })
    socket.on('error', () => {}) // 'close' follows and says enough
  }

  get isGone (): boolean { return this.#isGone }

  /** Calls `fn` when the connection ends; the returned function takes it back. */
  onGone (fn: () => void): () => void {
    this.#leaving.add(fn)
    return () => { this.#leaving.delete(fn) }
  }

  async send (bytes: Buffer): Promise<void> {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= LARGEST_WRITE_BYTES) await this.flush()
  }

  async flush (): Promise<void> {
    if (this.#waitingBytes === 0) return
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    if (this.#isGone || this.#socket.write(bytes)) return
    await this.#until((done) => {
      this.#socket.once('drain', done)
      return () => { this.#socket.off('drain', done) }
    })
  }

  /** Until the time has passed or the caller is gone; everything gathered goes out first. */
  async wait (delayMs: number): Promise<void> {
    await this.flush()
    await this.#until((done) => this.#clock.after(delayMs, done))
  }

  /** Until the caller is gone. */
  async silence (): Promise<void> {
    await this.flush()
    await this.#until(() => () => {})
  }

  async close (by: 'reset' | 'fin'): Promise<void> {
    await this.flush()
    if (by === 'fin') this.#socket.destroySoon()
    else this.#socket.resetAndDestroy()
    this.#leave()
  }

  /** Resolves when what was begun calls `done`, or when the caller is gone. */
  async #until (begin: (done: () => void) => () => void): Promise<void> {
    if (this.#isGone) return
    await new Promise<void>((resolve) => {
      const stop = begin(() => {
        forget()
        resolve()
      })
      const forget = this.onGone(() => {
        stop()
        resolve()
      })
    })
  }

  #leave (): void {
    if (this.#isGone) return
    this.#isGone = true
    for (const fn of [...this.#leaving]) fn()
    this.#leaving.clear()
  }
}
