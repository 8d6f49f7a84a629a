// A caller on a raw socket: sees every byte a chaos provider sends, and how the connection ended.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { startChaos, type ChaosOptions, type ChaosServer } from '../../src/chaos/server.ts'
import type { Owner } from '../upstreams/provider.ts'

export async function chaos (t: Owner, options: ChaosOptions = {}): Promise<ChaosServer> {
  const server = await startChaos(options)
  t.teardown(() => server.close())
  return server
}

export interface Heard {
  /** latin1: a character a byte. */
  readonly bytes: string
  readonly head: string
  /** Undefined before the head is whole. */
  readonly status: number | undefined
  /** Behind the head, chunks put together when it was chunked. */
  readonly body: string
  /** The framing's own end was seen. */
  readonly isWhole: boolean
  /** Text of the first choice: of an event stream, or of a plain answer. */
  readonly text: string
  readonly wasReset: boolean
}

/** The body of a chat request; `members` over the usual ones. */
export function chat (members: object = {}): string {
  return JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: 'say it' }], ...members })
}

export function requestOf (body: string, { path = '/v1/chat/completions', headers = '' } = {}): string {
  return `POST ${path} HTTP/1.1\r\nhost: chaos\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`
}

export class Caller {
  readonly socket: Socket
  #bytes = ''
  #wasReset = false
  #watchers: Array<() => void> = []

  constructor (port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text: string) => {
      this.#bytes += text
      for (const watch of this.#watchers) watch()
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => { this.#wasReset = error.code === 'ECONNRESET' })
  }

  send (text: string): void {
    this.socket.write(text)
  }

  get heard (): Heard {
    return heardOf(this.#bytes, this.#wasReset)
  }

  /** Until what was heard is as wanted; the test's own time-out is the bound. */
  async until (isWanted: (heard: Heard) => boolean): Promise<Heard> {
    while (!isWanted(this.heard)) await new Promise<void>((resolve) => { this.#watchers = [resolve] })
    return this.heard
  }

  /** Until the connection is closed by the other side. */
  async end (): Promise<Heard> {
    if (!this.socket.closed) await once(this.socket, 'close').catch(() => once(this.socket, 'close'))
    return this.heard
  }
}

/** One request on a connection of its own, closed behind the answer; everything up to the connection's end. */
export async function call (server: ChaosServer, members: object = {}, path?: string): Promise<Heard> {
  const caller = new Caller(server.port)
  const options = { headers: 'connection: close\r\n', ...path !== undefined && { path } }
  caller.send(requestOf(chat(members), options))
  return caller.end()
}

function heardOf (bytes: string, wasReset: boolean): Heard {
  const at = bytes.indexOf('\r\n\r\n')
  const head = at === -1 ? bytes : bytes.slice(0, at)
  const behind = at === -1 ? '' : bytes.slice(at + 4)
  const isChunked = /\r\ntransfer-encoding: chunked/.test(head)
  const { body, isWhole } = isChunked ? unchunked(behind) : { body: behind, isWhole: behind.length === lengthIn(head) }
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(head) ?? []
  return {
    bytes, head, status: status === undefined ? undefined : Number(status), body, isWhole, text: textIn(body), wasReset
  }
}

function lengthIn (head: string): number | undefined {
  const [, length] = /\r\ncontent-length: (\d+)/.exec(head) ?? []
  return length === undefined ? undefined : Number(length)
}

function unchunked (text: string): { body: string, isWhole: boolean } {
  let body = ''
  for (let at = 0; ;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = lineEnd === -1 ? NaN : Number.parseInt(text.slice(at, lineEnd), 16)
    if (Number.isNaN(size)) return { body, isWhole: false }
    if (size === 0) return { body, isWhole: text.slice(lineEnd) === '\r\n\r\n' }
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}

/** Contents of choice 0, wherever they are; found as text, because some bodies are not JSON on purpose. */
function textIn (body: string): string {
  return [...body.matchAll(/"index":0,"(?:delta|message)":\{[^{}]*?"content":"([^"]*)"/g)].map(([, text]) => text).join('')
}
