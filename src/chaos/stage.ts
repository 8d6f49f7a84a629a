// Where a play is performed: the answer it stops and goes on with, and how far it has come.

import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import { answerTo, frameOf, type Answer } from './answer.ts'
import type { Asked } from './asked.ts'
import { Body, coded } from './body.ts'
import type { OpenCall } from './calls.ts'
import type { Line } from './line.ts'
import type { Content } from './play.ts'
import type { Framing, HeaderLines, StepOf } from './step.ts'

export interface Cast {
  readonly asked: Asked
  readonly content: Content
  readonly line: Line
  readonly open: OpenCall
  readonly clock: Clock
  readonly random: RandomBytes
}

const JSON_TYPE: HeaderLines = [['content-type', 'application/json']]

export class Stage {
  readonly #cast: Cast
  readonly #answer: Answer
  readonly #body: Body
  #at = 0
  #isEnded = false
  tokensSent = 0

  constructor (cast: Cast) {
    const { asked, content, clock, line, open } = cast
    this.#cast = cast
    this.#answer = answerTo(asked, content, {
      id: `chatcmpl-chaos-${open.call.number}`, createdS: Math.floor(clock.nowMs() / 1000)
    })
    this.#body = new Body(line, open, clock)
  }

  get isGone (): boolean { return this.#cast.line.isGone }

  async head (status: number, headers: HeaderLines, framing: Framing = this.#framing): Promise<void> {
    const own = headers.some(([name]) => name.toLowerCase() === 'content-type')
    const { contentType } = this.#answer
    const { coding } = this.#cast.content
    await this.#body.head({
      status,
      headers: [
        ...own ? [] : [['content-type', contentType] as const],
        ...coding === 'identity' ? [] : [['content-encoding', coding] as const],
        ...headers
      ],
      framing,
      bodyBytes: framing === 'length' ? this.#wholeBytes : 0
    })
  }

  async answerStatus ({ status, headers, error, text }: StepOf<'status'>): Promise<void> {
    const type = status < 500 ? 'invalid_request_error' : 'server_error'
    const envelope = { error: { message: `staged: ${status}`, type, param: null, code: null, ...error } }
    const bytes = Buffer.from(text ?? JSON.stringify(envelope))
    await this.#body.head({
      status,
      headers: text === undefined ? [...JSON_TYPE, ...headers] : headers,
      framing: 'length',
      bodyBytes: bytes.length
    })
    await this.#body.write(bytes)
    await this.end()
  }

  /** The next pieces of the answer, as long as they are wanted; `everyMs` apart, with up to `jitterMs` more. */
  async pieces (isWanted: (sent: number) => boolean, everyMs: number, jitterMs = 0): Promise<void> {
    for (let sent = 0; ; sent++) {
      const piece = this.#answer.pieces[this.#at]
      if (!piece || !isWanted(sent) || this.isGone) return
      if (everyMs > 0 && sent > 0) await this.wait(everyMs, jitterMs)
      this.#at++
      await this.write(Buffer.from(piece.text), piece.tokens)
    }
  }

  async writePart (share: number): Promise<void> {
    const bytes = Buffer.from(this.#answer.pieces[this.#at]?.text ?? '')
    await this.write(bytes.subarray(0, Math.floor(bytes.length * share)))
  }

  async write (bytes: Buffer, tokens = 0): Promise<void> {
    await this.writeCoded(coded(bytes, this.#cast.content.coding), tokens)
  }

  async writeCoded (bytes: Buffer, tokens = 0): Promise<void> {
    if (this.isGone) return
    if (!this.#body.hasHead) await this.head(200, [])
    this.tokensSent += tokens
    await this.#body.write(bytes, tokens)
  }

  async raw (bytes: Buffer): Promise<void> {
    await this.#body.raw(bytes)
  }

  async wait (ms: number, jitterMs: number): Promise<void> {
    const [byte = 0] = jitterMs > 0 ? this.random(1) : []
    await this.#cast.line.wait(ms + jitterMs * byte / 256)
  }

  async silence (): Promise<void> {
    await this.#cast.line.silence()
  }

  async cut (by: 'reset' | 'fin'): Promise<void> {
    this.#cast.open.close('provider')
    await this.#cast.line.close(by)
  }

  async end (): Promise<void> {
    if (!this.#body.hasHead) await this.head(200, [])
    await this.#body.end()
    if (this.isGone) return
    this.#isEnded = true
    this.#cast.open.answered()
  }

  /** An answer that is whole leaves the connection open where its framing allows it. */
  async close (): Promise<boolean> {
    const { open, line, asked } = this.#cast
    open.close(line.isGone ? 'caller' : 'provider')
    const isKept = this.#isEnded && this.#body.isReusable && asked.headers.get('connection')?.toLowerCase() !== 'close'
    if (isKept) await line.flush()
    else await line.close('fin')
    return isKept
  }

  eventOf (value: StepOf<'event'>['value']): string {
    const text = typeof value === 'string' ? value : JSON.stringify({ ...this.#answer.chunkBase, ...value })
    return frameOf(text, this.#cast.content.newline)
  }

  random (count: number): Buffer {
    const bytes = Buffer.alloc(count)
    this.#cast.random(bytes)
    return bytes
  }

  get #framing () {
    return this.#answer.contentType === 'text/event-stream' ? 'chunked' as const : 'length' as const
  }

  get #wholeBytes (): number {
    const { coding } = this.#cast.content
    return this.#answer.pieces.reduce((sum, { text }) => sum + coded(Buffer.from(text), coding).length, 0)
  }
}
