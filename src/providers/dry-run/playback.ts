// Plays one answer to a listener the way a socket would: later, piece by piece, and only while it is wanted.
//
// DESIGN. What must hold: the listener is never called inside `send`, `pause`, `resume` or `cancel`; nothing comes
// while paused; after the end, a failure or `cancel` nothing comes at all. So there is one place that calls it, one
// step per turn of the event loop, and that place looks at the state first.

import type { UpstreamFailure, UpstreamHandle, UpstreamListener } from '../../exchange/upstream.ts'

export interface Recording {
  readonly status: number
  /** Names lower case. */
  readonly headers: Record<string, string>
  readonly chunks: readonly Buffer[]
}

type Step = (listener: UpstreamListener) => void

export class Playback implements UpstreamHandle {
  readonly #listener: UpstreamListener
  /** Called once, when nothing more will come. */
  readonly #onOver: () => void
  #steps: Step[] = []
  #next = 0
  #isPaused = false
  #isOver = false
  #turn: NodeJS.Immediate | undefined

  constructor (listener: UpstreamListener, onOver: () => void) {
    this.#listener = listener
    this.#onOver = onOver
  }

  get isOver (): boolean { return this.#isOver }

  /** Starts the answer. Does nothing when the call was cancelled or failed while it was prepared. */
  play ({ status, headers, chunks }: Recording): void {
    if (this.#isOver || this.#steps.length > 0) return
    this.#steps = [
      (listener) => { listener.onHead(status, headers) },
      ...chunks.map((chunk): Step => (listener) => { listener.onData(chunk) }),
      (listener) => { listener.onEnd() }
    ]
    this.#arm()
  }

  /** Ends in a failure instead of whatever would have come. */
  fail (failure: UpstreamFailure): void {
    this.#steps = [(listener) => { listener.onFailure(failure) }]
    this.#next = 0
    this.#isPaused = false
    this.#arm()
  }

  pause (): void {
    this.#isPaused = true
  }

  resume (): void {
    this.#isPaused = false
    this.#arm()
  }

  cancel (): void {
    if (this.#turn) clearImmediate(this.#turn)
    this.#end()
  }

  #arm (): void {
    if (this.#turn || this.#isPaused || this.#isOver || this.#next >= this.#steps.length) return
    this.#turn = setImmediate(() => { this.#take() })
  }

  #take (): void {
    this.#turn = undefined
    if (this.#isPaused || this.#isOver) return
    const step = this.#steps[this.#next++] as Step
    if (this.#next === this.#steps.length) this.#end()
    step(this.#listener)
    this.#arm()
  }

  #end (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#steps = []
    this.#onOver()
  }
}
