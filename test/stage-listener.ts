// The caller of a story: asks over HTTP and keeps every byte, so that it can tell at any moment what it has heard.

import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders } from 'node:http'
import { asObject, parseObject, type JsonObject } from '../src/core/json.ts'
import type { StreamMode } from '../src/core/stream-mode.ts'

export interface Heard {
  /** 0: no answer. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Generation id of the answer; '' without one. */
  readonly id: string
  /** Content of the first choice so far, of a stream or a plain answer. */
  readonly text: string
  /** Events that are JSON. */
  readonly values: readonly JsonObject[]
  /** Data of events that are neither JSON nor the sentinel: a strict client would break on them. */
  readonly noise: readonly string[]
  /** The last error told: in-band, or the body of a refusal. */
  readonly error: JsonObject | undefined
  /** The last usage told. */
  readonly usage: JsonObject | undefined
  readonly finish: string | undefined
  readonly isDone: boolean
  /** The connection ended before the answer's own end. */
  readonly wasCut: boolean
  readonly raw: string
}

export class Listener {
  /** Resolves when there is nothing more to hear, however that came about. */
  readonly ended: Promise<void>
  readonly #request: ClientRequest
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #raw: Buffer[] = []
  #wasCut = false

  constructor (url: string, body: string, mode: StreamMode | undefined) {
    this.#request = httpRequest(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...mode !== undefined && { 'x-aibroker-stream': mode } }
    })
    this.ended = new Promise((resolve) => {
      const cut = () => {
        this.#wasCut = true
        resolve()
      }
      this.#request.on('error', cut)
      this.#request.on('response', (response) => {
        this.#status = response.statusCode ?? 0
        this.#headers = response.headers
        response.on('data', (bytes: Buffer) => { this.#raw.push(bytes) })
        response.on('end', resolve)
        response.on('error', cut)
      })
    })
    this.#request.end(body)
  }

  get bytes (): number { return this.#raw.reduce((sum, { length }) => sum + length, this.#status) }

  get heard (): Heard {
    const raw = Buffer.concat(this.#raw).toString('utf8')
    const isStream = /event-stream/.test(this.#headers['content-type'] ?? '')
    const texts = isStream ? dataIn(raw) : [raw]
    const values = texts.map((text) => parseObject(text)).filter((value) => value !== undefined)
    return {
      status: this.#status,
      headers: this.#headers,
      id: String(this.#headers['x-generation-id'] ?? ''),
      text: values.map(contentOf).join(''),
      values,
      noise: texts.filter((text) => text !== '[DONE]' && parseObject(text) === undefined),
      error: lastOf(values, 'error'),
      usage: lastOf(values, 'usage'),
      finish: values.map(finishOf).findLast((finish) => finish !== undefined),
      isDone: isStream && texts.at(-1) === '[DONE]',
      wasCut: this.#wasCut,
      raw
    }
  }

  leave (): void {
    this.#request.destroy()
  }
}

/** Data of every whole event; comments are none. */
function dataIn (raw: string): string[] {
  const events = raw.replace(/\r\n?/g, '\n').split('\n\n').slice(0, -1)
  return events
    .map((event) => event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart()))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
}

function choiceOf (value: JsonObject): JsonObject | undefined {
  const choices = value['choices']
  return Array.isArray(choices) ? choices.map(asObject).find((choice) => choice?.['index'] === 0) : undefined
}

function contentOf (value: JsonObject): string {
  const choice = choiceOf(value)
  const content = asObject(choice?.['delta'] ?? choice?.['message'])?.['content']
  return typeof content === 'string' ? content : ''
}

function finishOf (value: JsonObject): string | undefined {
  const finish = choiceOf(value)?.['finish_reason']
  return typeof finish === 'string' ? finish : undefined
}

function lastOf (values: readonly JsonObject[], name: string): JsonObject | undefined {
  return asObject(values.findLast((value) => asObject(value[name]))?.[name])
}
