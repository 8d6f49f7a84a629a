// One connection to a chaos provider: requests in, one play after the other out.

import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import { modelNamed, readAsked, type Asked } from './asked.ts'
import type { Calls, OpenCall } from './calls.ts'
import { Line } from './line.ts'
import { perform } from './performance.ts'
import { PLAIN_CONTENT, type Beginning } from './play.ts'
import { PLAYS } from './plays.ts'
import { UnknownPlay, type Choice, type Repertoire } from './repertoire.ts'
import { BadRequest, RequestReader, type RequestHead } from './request-reader.ts'
import { status, text, type Step } from './step.ts'

export interface ConnectionParts {
  readonly repertoire: Repertoire
  readonly calls: Calls
  readonly clock: Clock
  readonly random: RandomBytes
}

const NO_REQUEST: RequestHead = { method: '', path: '', headers: new Map() }
const NO_BODY = Buffer.alloc(0)

export class Connection {
  readonly #socket: Socket
  readonly #number: number
  readonly #parts: ConnectionParts
  readonly #line: Line
  #head = NO_REQUEST
  /** The play of this request has begun with its head. */
  #hasBegun = false
  #answered = 0
  #work = Promise.resolve()

  constructor (socket: Socket, number: number, parts: ConnectionParts) {
    this.#socket = socket
    this.#number = number
    this.#parts = parts
    this.#line = new Line(socket, parts.clock)
  }

  begin (): void {
    const reader = new RequestReader({
      onHead: (head) => { this.#onHead(head) },
      onBody: (body) => { this.#onBody(body) }
    })
    this.#socket.on('data', (bytes) => {
      try {
        reader.push(bytes)
      } catch (error) {
        if (!(error instanceof BadRequest)) throw error
        this.#socket.destroy()
      }
    })
    if (this.#ownBegins === 'connection') this.#play(readAsked(NO_REQUEST, NO_BODY), this.#parts.repertoire.own)
  }

  get #ownBegins (): Beginning { return this.#parts.repertoire.own.play.begins }

  #onHead (head: RequestHead): void {
    this.#head = head
    this.#hasBegun = this.#ownBegins === 'head' && head.method === 'POST'
    if (this.#hasBegun) return this.#play(readAsked(head, NO_BODY), this.#parts.repertoire.own)
    if (head.headers.get('expect')?.toLowerCase() === '100-continue') this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  }

  #onBody (body: Buffer): void {
    if (this.#hasBegun || this.#ownBegins === 'connection') return
    const asked = readAsked(this.#head, body)
    if (asked.method !== 'POST') return this.#answer(asked, listing(asked, this.#parts.clock))
    try {
      this.#play(asked, this.#parts.repertoire.choose(asked.model))
    } catch (error) {
      if (!(error instanceof UnknownPlay)) throw error
      this.#answer(asked, status(404, { message: error.message, code: 'model_not_found' }))
    }
  }

  #play (asked: Asked, { name, play }: Choice): void {
    const open = this.#open(asked, name)
    this.#queue(async () => {
      const steps = this.#parts.repertoire.stepsFor({ name, play }, this.#answered > 0)
      const cast = { asked, content: play.content, line: this.#line, open, ...this.#parts }
      if (await perform(steps, cast)) this.#answered++
    }, open)
  }

  /** Without a play: it counts for none. */
  #answer (asked: Asked, step: Step): void {
    const open = this.#open(asked, '')
    this.#queue(async () => {
      await perform([step], { asked, content: PLAIN_CONTENT, line: this.#line, open, ...this.#parts })
    }, open)
  }

  #open (asked: Asked, play: string): OpenCall {
    const open = this.#parts.calls.open(asked, { play, connection: this.#number })
    const forget = this.#line.onGone(() => { open.close('caller') })
    const close: OpenCall['close'] = (by) => {
      forget()
      open.close(by)
    }
    return { ...open, close }
  }

  /** Answers go out in the order of their requests, each behind the one before. */
  #queue (work: () => Promise<void>, open: OpenCall): void {
    this.#work = this.#work.then(async () => {
      if (this.#line.isGone) open.close('caller')
      else await work()
    })
  }
}

/** GET /v1/models: every play as a model. */
function listing ({ method, path }: Asked, clock: Clock): Step {
  if (method !== 'GET' || !path.endsWith('/models')) return status(404, { message: `no route ${method} ${path}` })
  const created = Math.floor(clock.nowMs() / 1000)
  const rows = [...PLAYS.keys()].map((name) => ({ id: modelNamed(name), object: 'model', created, owned_by: 'chaos' }))
  return text(200, JSON.stringify({ object: 'list', data: rows }), [['content-type', 'application/json']])
}
