// One compressed body on its way: bytes go in as the network gives them and come out plain, in order, at the pace of
// whoever reads them.
//
// DESIGN. A few bytes can become gigabytes. Three things bound that: zlib inflates 16 KiB at a time and waits while the
// reader is paused, so memory does not follow the ratio; a body that grew more than 200 times over is a bomb, since
// JSON and its events reach 10 to 50; and a body that has to be held whole has an end.

import {
  constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw, type BrotliDecompress, type Gunzip
} from 'node:zlib'

/** https://www.rfc-editor.org/rfc/rfc9110#name-content-codings; `x-gzip` is gzip there. */
export const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br'] as const
export type Coding = typeof CODINGS[number]

export interface InflateLimits {
  readonly mostBytes: number
  /** Bytes out for each byte in. */
  readonly mostRatio: number
  /** Below so many bytes out no ratio counts: a short body of spaces harms nobody. */
  readonly ratioFromBytes: number
}

/** Hears one body; after `onEnd` or `onBroken` nothing else comes. */
export interface InflateListener {
  onData (chunk: Buffer): void
  onEnd (): void
  /** `reason` says what the provider did, in words that follow its name. */
  onBroken (reason: string): void
  /** Takes more input again, after `write` gave false. */
  onRoom (): void
}

/** What is there comes out at once: the events of a stream must not wait for the next ones. */
const FLUSHING = { flush: constants.Z_SYNC_FLUSH }
const ZLIB_METHOD = 0x08

const DECODERS: { readonly [coding in Coding]: (first: number) => Gunzip | BrotliDecompress } = {
  gzip: () => createGunzip(FLUSHING),
  'x-gzip': () => createGunzip(FLUSHING),
  // With zlib's header by the standard, without it from servers that took the name at its word.
  deflate: (first) => (first & 0x0f) === ZLIB_METHOD ? createInflate(FLUSHING) : createInflateRaw(FLUSHING),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })
}

export class Inflater {
  readonly #coding: Coding
  readonly #limits: InflateLimits
  readonly #listener: InflateListener
  /** Made with the first byte, which tells the two kinds of deflate apart; a body without bytes needs none. */
  #decoder: Gunzip | BrotliDecompress | undefined
  #isPaused = false
  #isOver = false
  #bytesIn = 0
  #bytesOut = 0

  constructor (coding: Coding, limits: InflateLimits, listener: InflateListener) {
    this.#coding = coding
    this.#limits = limits
    this.#listener = listener
  }

  /** False: full; more is taken after `onRoom`. */
  write (chunk: Buffer): boolean {
    if (this.#isOver || chunk.length === 0) return true
    this.#decoder ??= this.#open(chunk[0] as number)
    this.#bytesIn += chunk.length
    return this.#decoder.write(chunk)
  }

  end (): void {
    if (this.#isOver) return
    if (this.#decoder) this.#decoder.end()
    else this.#finish(() => { this.#listener.onEnd() })
  }

  pause (): void {
    this.#isPaused = true
    this.#decoder?.pause()
  }

  resume (): void {
    this.#isPaused = false
    this.#decoder?.resume()
  }

  /** Nothing is heard after it. */
  stop (): void {
    this.#isOver = true
    this.#decoder?.destroy()
  }

  #open (first: number): Gunzip | BrotliDecompress {
    const decoder = DECODERS[this.#coding](first)
    decoder.on('data', (chunk: Buffer) => { this.#onPlain(chunk) })
    decoder.on('end', () => { this.#finish(() => { this.#listener.onEnd() }) })
    decoder.on('error', () => { this.#break(`sent ${this.#coding} that cannot be read`) })
    decoder.on('drain', () => { if (!this.#isOver) this.#listener.onRoom() })
    if (this.#isPaused) decoder.pause()
    return decoder
  }

  #onPlain (chunk: Buffer): void {
    if (this.#isOver) return
    const { mostBytes, mostRatio, ratioFromBytes } = this.#limits
    this.#bytesOut += chunk.length
    if (this.#bytesOut > mostBytes) return this.#break(`sent more than ${mostBytes} bytes of ${this.#coding}`)
    if (this.#bytesOut > ratioFromBytes && this.#bytesOut > mostRatio * this.#bytesIn) {
      return this.#break(`sent ${this.#coding} that grows more than ${mostRatio} times`)
    }
    try {
      this.#listener.onData(chunk)
    } catch {
      // Thrown on from here it would end the process; through the network's own door it ends the call just so.
      this.#break('sent an answer that could not be read')
    }
  }

  #break (reason: string): void {
    this.#finish(() => { this.#listener.onBroken(reason) })
    this.#decoder?.destroy()
  }

  #finish (tell: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    tell()
  }
}
