// The deadlines of one attempt on one timer. Each phase bounds a silence; the end of the exchange bounds them all.
//
// A phase that begins or hears something only notes the time; the timer, when it fires, looks whether that was long
// enough ago and goes back to sleep if not. So a stream of ten thousand events costs ten thousand clock readings and no
// timer at all.

import type { Clock } from '../core/clock.ts'
import type { Deadlines } from '../core/deadlines.ts'

export type Phase = 'connect' | 'firstByte' | 'firstEvent' | 'between'

export interface Passed {
  readonly phase: Phase | 'total'
  /** How long was waited, in ms. */
  readonly afterMs: number
}

const LIMIT_OF = {
  connect: 'connectMs', firstByte: 'firstByteMs', firstEvent: 'firstEventMs', between: 'betweenMs'
} as const

export interface Limits {
  readonly deadlines: Deadlines
  /** Monotonic ms when the whole exchange has to be over; Infinity: never. */
  readonly endAtMs: number
}

export class Watch {
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  readonly #endAtMs: number
  readonly #onPast: (passed: Passed) => void
  #phase: Phase = 'connect'
  #sinceMs: number
  #isPaused = false
  #isOver = false
  #dueAtMs = Infinity
  #disarm: () => void = () => {}

  /** Begins with the connection. */
  constructor (clock: Clock, { deadlines, endAtMs }: Limits, onPast: (passed: Passed) => void) {
    this.#clock = clock
    this.#deadlines = deadlines
    this.#endAtMs = endAtMs
    this.#onPast = onPast
    this.#sinceMs = clock.monotonicMs()
    this.#arm()
  }

  /** The next phase begins now. */
  enter (phase: Phase): void {
    this.#phase = phase
    this.#sinceMs = this.#clock.monotonicMs()
    if (this.#pastAtMs() < this.#dueAtMs) this.#arm()
  }

  /** Something was heard: the silence starts again. */
  touch (): void {
    this.#sinceMs = this.#clock.monotonicMs()
  }

  /** While the client does not read, the provider's silence is ours. */
  pause (): void {
    this.#isPaused = true
  }

  resume (): void {
    this.#isPaused = false
    this.touch()
  }

  stop (): void {
    this.#isOver = true
    this.#disarm()
  }

  #limitMs (): number {
    return this.#deadlines[LIMIT_OF[this.#phase]] || Infinity
  }

  #pastAtMs (): number {
    return Math.min(this.#sinceMs + this.#limitMs(), this.#endAtMs)
  }

  #arm (): void {
    this.#disarm()
    this.#dueAtMs = this.#pastAtMs()
    if (this.#dueAtMs === Infinity) return
    this.#disarm = this.#clock.after(this.#dueAtMs - this.#clock.monotonicMs(), () => { this.#look() })
  }

  #look (): void {
    if (this.#isOver) return
    const nowMs = this.#clock.monotonicMs()
    if (this.#endAtMs <= nowMs) return this.#tell('total', nowMs)
    if (this.#isPaused) this.#sinceMs = nowMs
    if (this.#pastAtMs() <= nowMs) return this.#tell(this.#phase, nowMs)
    this.#arm()
  }

  #tell (phase: Passed['phase'], nowMs: number): void {
    this.stop()
    const limitMs = phase === 'total' ? nowMs - this.#sinceMs : this.#limitMs()
    this.#onPast({ phase, afterMs: Math.round(limitMs) })
  }
}
