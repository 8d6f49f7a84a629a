// Who waits, in one line per name, served in turn.
//
// DESIGN. The lines whose turn can come stand in a ring; a line whose key is at its own limit is parked beside it, so
// that finding the next waiter never walks past lines that could not be served anyway. Both are Maps, which keep the
// order of insertion: deleted and set again, a line is at the back. What must hold: no line is empty, none is in both.

export class WaitingLines<Waiter> {
  readonly #ring = new Map<string, Set<Waiter>>()
  readonly #parked = new Map<string, Set<Waiter>>()
  #size = 0

  /** Joins the end of the line. `isParked` counts only when the line begins with this waiter. */
  add (name: string, waiter: Waiter, isParked: boolean): void {
    let line = this.#lineOf(name)
    if (line === undefined) {
      line = new Set()
      const place = isParked ? this.#parked : this.#ring
      place.set(name, line)
    }
    line.add(waiter)
    this.#size++
  }

  /** False: the waiter is not there any more. */
  remove (name: string, waiter: Waiter): boolean {
    const line = this.#lineOf(name)
    if (line?.delete(waiter) !== true) return false
    this.#size--
    if (line.size === 0) {
      this.#ring.delete(name)
      this.#parked.delete(name)
    }
    return true
  }

  /** Takes out the first waiter of the line whose turn it is; the line goes to the back of the ring. */
  next (): Waiter | undefined {
    const turn = this.#ring.entries().next()
    if (turn.done) return undefined
    const [name, line] = turn.value
    const [waiter] = line as Iterable<Waiter> as [Waiter]
    this.#ring.delete(name)
    this.#ring.set(name, line)
    this.remove(name, waiter)
    return waiter
  }

  /** No turn for this line until it is unparked. */
  park (name: string): void { move(name, this.#ring, this.#parked) }

  /** Back into the ring, behind all others: whoever comes from its own limit has not waited for the others. */
  unpark (name: string): void { move(name, this.#parked, this.#ring) }

  /**
   * The last waiter of the longest line, when that line is longer by two or more than the one called `name`: the two
   * are still in order after one left and the other grew. Walks all lines, at most one per waiter.
   */
  surplusFor (name: string): Waiter | undefined {
    let longest: Set<Waiter> | undefined
    for (const lines of [this.#ring, this.#parked]) {
      for (const line of lines.values()) if (line.size > (longest?.size ?? 0)) longest = line
    }
    if (longest === undefined || longest.size < this.lengthOf(name) + 2) return undefined
    return [...longest].at(-1)
  }

  lengthOf (name: string): number { return this.#lineOf(name)?.size ?? 0 }

  /** Takes everybody out. */
  clear (): Waiter[] {
    const waiters = [this.#ring, this.#parked].flatMap((lines) => [...lines.values()].flatMap((line) => [...line]))
    this.#ring.clear()
    this.#parked.clear()
    this.#size = 0
    return waiters
  }

  get size (): number { return this.#size }

  #lineOf (name: string): Set<Waiter> | undefined {
    return this.#ring.get(name) ?? this.#parked.get(name)
  }
}

function move<Line> (name: string, from: Map<string, Line>, to: Map<string, Line>): void {
  const line = from.get(name)
  if (line === undefined) return
  from.delete(name)
  to.set(name, line)
}
