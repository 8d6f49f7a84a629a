// Successes and failures of one backend, counted in slots of equal length: a sum over a window costs the same however
// many there were. The window is as long as its slots: the slot that has just begun counts as a whole one.

interface Slot {
  /** Number of the slot since the clock began; it tells a slot of this round from one of the last. */
  number: number
  successes: number
  failures: number
}

export class Tally {
  readonly #slotMs: number
  readonly #length: number
  readonly #slots: Slot[] = []

  /** Slots of `slotMs`, as many as make `longestMs`. */
  constructor (slotMs: number, longestMs: number) {
    this.#slotMs = slotMs
    this.#length = Math.ceil(longestMs / slotMs)
  }

  /** `nowMs`: monotonic. */
  count (nowMs: number, isSuccess: boolean): void {
    const number = Math.floor(nowMs / this.#slotMs)
    const slot = this.#slotFor(number)
    if (isSuccess) slot.successes++
    else slot.failures++
  }

  sum (nowMs: number, windowMs: number): { readonly successes: number, readonly failures: number } {
    const last = Math.floor(nowMs / this.#slotMs)
    const first = last - Math.ceil(windowMs / this.#slotMs) + 1
    let successes = 0
    let failures = 0
    for (const slot of this.#slots) {
      if (slot.number < first || slot.number > last) continue
      successes += slot.successes
      failures += slot.failures
    }
    return { successes, failures }
  }

  #slotFor (number: number): Slot {
    const found = this.#slots.at(-1)
    if (found?.number === number) return found
    if (this.#slots.length >= this.#length) this.#slots.shift()
    const slot = { number, successes: 0, failures: 0 }
    this.#slots.push(slot)
    return slot
  }
}
