// A program that asks and keeps what it hears, so that a test can look at any moment, and leave when it likes.

import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders } from 'node:http'
import { parseObject, type JsonObject } from '../../src/core/json.ts'
import { readSse, type SseAnswer } from '../upstreams.ts'

export interface Question {
  /** Members over those of a request for a stream. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Reads the head of the answer and nothing of its body. */
  readonly isAsleep?: boolean
}

export class Caller {
  /** Resolves when there is nothing more to hear, however that came about. */
  readonly ended: Promise<void>
  readonly #request: ClientRequest
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #bytes: Buffer[] = []
  #isCut = false

  constructor (url: string, { body = {}, headers = {}, isAsleep = false }: Question) {
    this.#request = httpRequest(url, {
      method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers }
    })
    this.ended = new Promise((resolve) => {
      const cut = () => {
        this.#isCut = true
        resolve()
      }
      this.#request.on('error', cut)
      this.#request.on('response', (response) => {
        this.#status = response.statusCode ?? 0
        this.#headers = response.headers
        if (isAsleep) return
        response.on('data', (bytes: Buffer) => { this.#bytes.push(bytes) })
        response.on('end', resolve)
        response.on('error', cut)
      })
    })
    this.#request.end(JSON.stringify({
      model: 'm', stream: true, messages: [{ role: 'user', content: 'say it' }], ...body
    }))
  }

  /** 0: nothing yet. */
  get status (): number { return this.#status }

  get headers (): IncomingHttpHeaders { return this.#headers }

  /** The connection broke before the answer's own end. */
  get isCut (): boolean { return this.#isCut }

  get raw (): string { return Buffer.concat(this.#bytes).toString('utf8') }

  /** The answer's `error`, of a refusal. */
  get error (): JsonObject | undefined { return parseObject(this.raw)?.['error'] as JsonObject | undefined }

  /** What has come of a stream so far. */
  stream (): Promise<SseAnswer> {
    return readSse((async function * (bytes) { yield bytes })(Buffer.concat(this.#bytes)))
  }

  leave (): void {
    this.#request.destroy()
  }
}
