// Priorities that an operator sets while the broker runs: kept, and in force from the next plan on.
//
// DESIGN. A request knows nothing of them: they are put into the providers when those are made or a priority changes
// (`apply`), and plans read the providers anyway. A change by another process (`aibroker priority set`) is found by
// asking the file once a second whether anybody else has written. A file that cannot be read changes nothing: what was
// in force stays, and the log says why, once.

import type { Clock } from '../core/clock.ts'
import type { PriorityStore } from '../ledger/priorities.ts'

/** By the id of the provider. */
export type Priorities = ReadonlyMap<string, number>

export interface LivePrioritiesParts {
  readonly store: PriorityStore
  readonly clock: Clock
  apply (priorities: Priorities): void
  warn (sentence: string): void
}

const LOOK_MS = 1_000

export class LivePriorities {
  readonly #parts: LivePrioritiesParts
  #current: Priorities
  #version: number
  #cancelLook: () => void
  #warned: string | undefined

  /** What was kept is in force when this returns. */
  constructor (parts: LivePrioritiesParts) {
    this.#parts = parts
    this.#version = parts.store.version()
    this.#current = this.#read()
    parts.apply(this.#current)
    this.#cancelLook = parts.clock.after(LOOK_MS, this.#look)
  }

  list (): Priorities {
    return this.#current
  }

  /** `priority` undefined: as the file says again. @throws GatewayError `ledger_unavailable` */
  set (provider: string, priority: number | undefined): void {
    const { store, clock } = this.#parts
    if (priority === undefined) store.clear(provider)
    else store.set({ provider, priority, setAtMs: clock.nowMs() })
    this.#take(this.#read())
  }

  close (): void {
    this.#cancelLook()
  }

  readonly #look = (): void => {
    try {
      const version = this.#parts.store.version()
      if (version !== this.#version) this.#take(this.#read())
      this.#version = version
      this.#warned = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#warned) this.#parts.warn(`live priorities stay as they are: ${message}`)
      this.#warned = message
    }
    this.#cancelLook = this.#parts.clock.after(LOOK_MS, this.#look)
  }

  #read (): Priorities {
    return new Map(this.#parts.store.all().map(({ provider, priority }) => [provider, priority]))
  }

  #take (found: Priorities): void {
    const isSame = found.size === this.#current.size &&
      [...found].every(([provider, priority]) => this.#current.get(provider) === priority)
    if (isSame) return
    this.#current = found
    this.#parts.apply(found)
  }
}
