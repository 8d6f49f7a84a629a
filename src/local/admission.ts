// Who may run now, who waits, and who is told to come back: places in flight with a short, fair queue behind them.
//
// DESIGN. Invariant: after every call here, nobody waits who could run. So a place that is free for a newcomer can be
// taken without looking at the queue: whoever waits then is kept out by the own limit of another key. A place that
// comes back goes to the lines in turn (one line per key, or per address without a key), whatever their length: a
// client with a thousand requests and one with a single request are served alternately. When the queue is full, the
// longest line gives a place in it to a shorter one, so that nobody can fill it for the others either.

import { networkOf } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { Places } from './places.ts'
import { WaitingLines } from './waiting-lines.ts'

export interface Visitor {
  readonly keyId: string | undefined
  /** Places of the key; undefined: no limit of its own. */
  readonly keyLimit: number | undefined
  readonly ip: string
}

export type NoPlace =
  /** The key runs as many as it may. */
  | { readonly kind: 'key_full', readonly limit: number, readonly waitMs: number }
  /** The process runs as many as it may. */
  | { readonly kind: 'full', readonly waitMs: number }
  | { readonly kind: 'closed' }

/** Hears once how the waiting ended; undefined: a place is taken and must be left again. */
export type Tell = (noPlace: NoPlace | undefined) => void

export interface AdmissionOptions {
  /** Requests in flight; 0: as many as come. */
  readonly places: number
  /** Requests that may wait; 0: none. */
  readonly queueLength: number
  readonly queueMs: number
  readonly clock: Clock
}

interface Waiter extends Visitor {
  readonly line: string
  readonly tell: Tell
  stopTimer: () => void
}

/** Weight of the latest request in the mean time a place is held. */
const LATEST = 0.05
/** What `waitMs` is kept within: nobody should hammer, and nobody should give up because of an old average. */
const SHORTEST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

export class Admission {
  readonly #options: AdmissionOptions
  readonly #places: Places
  readonly #lines = new WaitingLines<Waiter>()
  #meanHeldMs = 0
  #isClosed = false

  constructor (options: AdmissionOptions) {
    this.#options = options
    this.#places = new Places(options.places)
  }

  /** Takes a place when one is free: the fast path, nothing is allocated. */
  tryEnter (keyId: string | undefined, keyLimit: number | undefined): boolean {
    return this.#places.take(keyId, keyLimit)
  }

  /** A place comes back, once for each that was taken. @param heldMs how long it was held. */
  leave (keyId: string | undefined, heldMs: number): void {
    this.#meanHeldMs += this.#meanHeldMs === 0 ? heldMs : (heldMs - this.#meanHeldMs) * LATEST
    this.#places.release(keyId)
    if (this.#lines.size === 0) return
    if (keyId !== undefined) this.#lines.unpark(lineOfKey(keyId))
    this.#admit()
  }

  /**
   * Waits for a place, after `tryEnter` answered false. Gives back why not when there is no room to wait either; else
   * how to stop waiting, after which `tell` stays silent.
   */
  wait (visitor: Visitor, tell: Tell): NoPlace | (() => void) {
    const { queueLength, queueMs, clock } = this.#options
    const line = visitor.keyId === undefined ? networkOf(visitor.ip) : lineOfKey(visitor.keyId)
    const waiter: Waiter = { ...visitor, line, tell, stopTimer: () => {} }
    if (this.#isClosed) return { kind: 'closed' }
    if (visitor.keyLimit === 0 || queueMs === 0) return this.#noPlaceFor(waiter)
    if (this.#lines.size >= queueLength && !this.#makeRoomFor(line)) return this.#noPlaceFor(waiter)
    waiter.stopTimer = clock.after(queueMs, () => { this.#turnAway(waiter) })
    this.#lines.add(line, waiter, this.#isKeyFull(visitor))
    return () => { this.#takeOut(waiter) }
  }

  /** Everybody who waits is told `closed`, and so is everybody who would wait from now on. Places stay as they are. */
  close (): void {
    this.#isClosed = true
    for (const { stopTimer, tell } of this.#lines.clear()) {
      stopTimer()
      tell({ kind: 'closed' })
    }
  }

  get inFlight (): number { return this.#places.taken }
  get waiting (): number { return this.#lines.size }

  #admit (): void {
    while (!this.#places.isFull) {
      const waiter = this.#lines.next()
      if (waiter === undefined) return
      waiter.stopTimer()
      // False only when the key's limit was lowered while others of it ran.
      const isIn = this.#places.take(waiter.keyId, waiter.keyLimit)
      if (this.#isKeyFull(waiter)) this.#lines.park(waiter.line)
      waiter.tell(isIn ? undefined : this.#noPlaceFor(waiter))
    }
  }

  #makeRoomFor (line: string): boolean {
    const surplus = this.#lines.surplusFor(line)
    if (surplus === undefined) return false
    this.#turnAway(surplus)
    return true
  }

  #turnAway (waiter: Waiter): void {
    if (this.#takeOut(waiter)) waiter.tell(this.#noPlaceFor(waiter))
  }

  #takeOut (waiter: Waiter): boolean {
    waiter.stopTimer()
    return this.#lines.remove(waiter.line, waiter)
  }

  #isKeyFull ({ keyId, keyLimit }: Visitor): boolean {
    return this.#places.isKeyFull(keyId, keyLimit)
  }

  /** The wait is what the requests ahead need, if they take as long as the ones before them did. */
  #noPlaceFor (waiter: Waiter): NoPlace {
    const { keyLimit = 0, line } = waiter
    if (this.#isKeyFull(waiter)) {
      return { kind: 'key_full', limit: keyLimit, waitMs: this.#waitMs(this.#lines.lengthOf(line), keyLimit) }
    }
    return { kind: 'full', waitMs: this.#waitMs(this.#lines.size, this.#places.limit) }
  }

  #waitMs (ahead: number, places: number): number {
    const waitMs = this.#meanHeldMs * (ahead + 1) / Math.max(1, places)
    return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitMs))
  }
}

function lineOfKey (keyId: string): string {
  return `key ${keyId}`
}
