// The time in which the store refuses writes: said once when it begins and once when it ends, and tried every second.

import type { Clock } from '../../core/clock.ts'

export interface OutageParts {
  readonly clock: Clock
  /** For the operator's log; without an error it is good news. */
  readonly alarm: (message: string, error?: Error) => void
  /** Makes a write now; its end calls `began` or `ended`. */
  readonly retry: () => void
}

export const RETRY_MS = 1_000

export class Outage {
  readonly #parts: OutageParts
  #reason: string | undefined
  #cancel: (() => void) | undefined

  constructor (parts: OutageParts) {
    this.#parts = parts
  }

  /** Why the last write failed; undefined: it did not. */
  get reason (): string | undefined {
    return this.#reason
  }

  /** A write failed because the store did. */
  began (reason: string, error: Error): void {
    if (this.#reason === undefined) {
      this.#parts.alarm(`the ledger cannot be written: ${reason}; ended exchanges are kept in memory, ` +
        'and requests are refused until it can', error)
    }
    this.#reason = reason
    this.#cancel ??= this.#parts.clock.after(RETRY_MS, () => {
      this.#cancel = undefined
      this.#parts.retry()
    })
  }

  /** A transaction was committed. */
  ended (): void {
    if (this.#reason === undefined) return
    this.#reason = undefined
    this.stop()
    this.#parts.alarm('the ledger can be written again')
  }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
