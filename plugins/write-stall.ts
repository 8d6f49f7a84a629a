// A client that takes nothing of what is written to it: watched from the write it does not take to the one it does.
//
// DESIGN. There is a timer only while bytes wait, and one at the most. When it goes off, progress decides, not time
// alone: a slow reader that took something since the last look is looked at again. Node counts a chunk as written only
// when all of it is with the system, so that a chunk on its way is asked for what is left of it, as Node's own socket
// time-out does.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../src/core/clock.ts'

export interface WriteStallOptions {
  readonly clock: Clock
  /** How long a client may take nothing; 0: for ever. */
  readonly limitMs: number
}

interface Progress {
  /** Bytes that the system has taken, in whole chunks. */
  readonly taken: number
  /** Bytes that are left of the chunk on its way. */
  readonly left: number
}

export class WriteStall {
  readonly #response: ServerResponse
  readonly #options: WriteStallOptions
  #stopTimer: (() => void) | undefined
  #seen: Progress | undefined

  constructor (response: ServerResponse, options: WriteStallOptions) {
    this.#response = response
    this.#options = options
    // Before everybody else: whoever hears it may write at once, and be stalled again.
    response.prependListener('drain', () => { this.#calm() })
    response.once('close', () => { this.#calm() })
  }

  /** Bytes wait for the client. It is destroyed when it takes none of them in time: its exchange hears "gone". */
  begin (): void {
    const { limitMs } = this.#options
    if (this.#stopTimer !== undefined || limitMs === 0 || this.#response.destroyed) return
    this.#watch()
  }

  #watch (): void {
    const { clock, limitMs } = this.#options
    this.#seen = progressOf(this.#response)
    this.#stopTimer = clock.after(limitMs, () => { this.#look() })
  }

  #look (): void {
    const { taken, left } = progressOf(this.#response)
    if (taken === this.#seen?.taken && left >= this.#seen.left) this.#response.destroy()
    else this.#watch()
  }

  #calm (): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }
}

type Handle = { readonly writeQueueSize?: number } | null

function progressOf ({ socket }: ServerResponse): Progress {
  const { bytesWritten = 0, writableLength = 0 } = socket ?? {}
  const handle = (socket as Socket & { readonly _handle?: Handle } | null)?._handle
  return { taken: bytesWritten - writableLength, left: handle?.writeQueueSize ?? 0 }
}
