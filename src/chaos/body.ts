// One answer on its way out: head, coding and framing, each of which a play may get wrong.

import { gzipSync } from 'node:zlib'
import type { Clock } from '../core/clock.ts'
import type { OpenCall } from './calls.ts'
import type { Line } from './line.ts'
import type { Framing, HeaderLines } from './step.ts'

export interface Head {
  readonly status: number
  readonly headers: HeaderLines
  readonly framing: Framing
  /** Of the whole body; matters when the framing is `length`. */
  readonly bodyBytes: number
}

export class Body {
  readonly #line: Line
  readonly #open: OpenCall
  readonly #clock: Clock
  #framing: Framing | undefined

  constructor (line: Line, open: OpenCall, clock: Clock) {
    this.#line = line
    this.#open = open
    this.#clock = clock
  }

  get hasHead (): boolean { return this.#framing !== undefined }

  /** Whether the connection can carry another answer behind this one. */
  get isReusable (): boolean { return this.#framing === 'length' || this.#framing === 'chunked' }

  async head ({ status, headers, framing, bodyBytes }: Head): Promise<void> {
    this.#framing = framing
    const lines = [...headers, ...framingHeaders(framing, bodyBytes)].map(([name, value]) =>
      `${name}: ${typeof value === 'string' ? value : new Date(this.#clock.nowMs() + value.dateAfterMs).toUTCString()}\r\n`)
    await this.raw(Buffer.from(`HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Error'}\r\n${lines.join('')}\r\n`, 'latin1'))
  }

  /** Bytes of the body, already in its coding. */
  async write (bytes: Buffer, tokens = 0): Promise<void> {
    if (bytes.length === 0) return
    const framed = this.#framing === 'chunked'
      ? Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
      : bytes
    await this.raw(framed, tokens)
  }

  async end (): Promise<void> {
    if (this.#framing === 'chunked') await this.raw(Buffer.from('0\r\n\r\n'))
  }

  /** Bytes of the connection. */
  async raw (bytes: Buffer, tokens = 0): Promise<void> {
    if (this.#line.isGone) return
    this.#open.sent(tokens, bytes.length)
    await this.#line.send(bytes)
  }
}

function framingHeaders (framing: Framing, bodyBytes: number): HeaderLines {
  switch (framing) {
    case 'length': return [['content-length', String(bodyBytes)]]
    case 'chunked': return [['transfer-encoding', 'chunked']]
    case 'close': return [['connection', 'close']]
    case 'none': return []
  }
}

/** Members of gzip may follow each other (RFC 1952 §2.2), so each piece is one and no state is kept between them. */
export function coded (bytes: Buffer, coding: 'identity' | 'gzip'): Buffer {
  return coding === 'gzip' ? gzipSync(bytes) : bytes
}
