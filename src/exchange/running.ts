// Which exchanges run: a shutdown interrupts them, and waits for their settlements before it closes the upstream and
// the books. A client's socket counts as closed before its exchange hears of it, so the end of the server alone does
// not say that.

import type { Exchange } from './ask.ts'

export interface Running {
  readonly exchange: Exchange
  /** Ends every exchange that runs: a stream that has begun in-band, any other with a refusal. */
  interrupt (): void
  /** Resolves when every exchange has ended; interrupt them, or close the clients' connections, first. */
  ended (): Promise<void>
  readonly count: number
}

export interface Interruptible {
  interrupt (): void
}

export class Runs {
  readonly #runs = new Set<Interruptible>()
  #waiting: Array<() => void> = []

  get count (): number { return this.#runs.size }

  add (run: Interruptible): void {
    this.#runs.add(run)
  }

  remove (run: Interruptible): void {
    this.#runs.delete(run)
    if (this.#runs.size > 0) return
    for (const wake of this.#waiting) wake()
    this.#waiting = []
  }

  interrupt (): void {
    for (const run of [...this.#runs]) run.interrupt()
  }

  async ended (): Promise<void> {
    if (this.#runs.size > 0) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
  }
}
