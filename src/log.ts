// The broker's own log: pino's JSON lines on stderr, gathered and written many at once.
//
// DESIGN. Lines are gathered here and not in pino's destination: that one measures what it holds anew with every line
// (2.9 us of CPU a line at batches of 8 KB, 8 us at 64 KB; here 0.8), and it tries for ever to flush into a pipe
// that nobody reads any more. What must hold:
// - The loop never waits for the reader of the log: batches go out by the thread pool, one at a time, in order.
// - A reader that stalls or leaves costs lines, never memory and never a request.
// - `flush` has written everything when it comes back, and the end of the process flushes.

import { write, writeSync } from 'node:fs'
import pino, { type Logger } from 'pino'

const FLUSH_MS = 500
/** A line waits for so many more, or for the next flush: what a killed process can lose. */
const BATCH_CHARS = 32_768
/** Lines for a reader that does not read; those that come then are lost. */
const MOST_CHARS = 16_777_216
/** How often a full pipe is tried again at the end. */
const MOST_TRIES = 50
const TRY_MS = 10
const NOTHING: Buffer = Buffer.alloc(0)

export interface Log {
  readonly log: Logger
  /** Writes what has been gathered before it comes back. Never throws. */
  flush (): void
}

/** @param descriptor of an open file; 2 is stderr. */
export function openLog (level: string, descriptor = 2): Log {
  const writer = new LineWriter(descriptor)
  const flush = () => { writer.flush() }
  process.once('exit', flush)
  return { log: pino({ level, base: null }, writer), flush }
}

class LineWriter {
  readonly #descriptor: number
  #gathered = ''
  /** What a full pipe did not take. It goes before what is gathered. */
  #left = NOTHING
  #isWriting = false

  constructor (descriptor: number) {
    this.#descriptor = descriptor
    setInterval(() => { this.#send() }, FLUSH_MS).unref()
  }

  write (line: string): void {
    if (this.#gathered.length >= MOST_CHARS) return
    this.#gathered += line
    if (this.#gathered.length >= BATCH_CHARS) this.#send()
  }

  flush (): void {
    let bytes = Buffer.concat([this.#left, this.#take()])
    this.#left = NOTHING
    for (let tries = 0; bytes.length > 0 && tries < MOST_TRIES;) {
      try {
        bytes = bytes.subarray(writeSync(this.#descriptor, bytes))
      } catch (error) {
        if (!isFull(error)) return // Nobody reads any more: nobody is left to tell.
        tries++
        pause(TRY_MS)
      }
    }
    this.#left = bytes
  }

  #send (): void {
    if (this.#isWriting) return
    const bytes = this.#left.length > 0 ? this.#left : this.#take()
    if (bytes.length === 0) return
    this.#left = NOTHING
    this.#isWriting = true
    write(this.#descriptor, bytes, (error, written) => {
      this.#isWriting = false
      if (error) {
        if (isFull(error)) this.#left = bytes
        return
      }
      this.#left = bytes.subarray(written)
      if (this.#left.length > 0 || this.#gathered.length >= BATCH_CHARS) this.#send()
    })
  }

  #take (): Buffer {
    const bytes = Buffer.from(this.#gathered)
    this.#gathered = ''
    return bytes
  }
}

function isFull (error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN'
}

function pause (ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
