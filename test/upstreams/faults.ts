// The ways a provider goes wrong below HTTP's good manners: silence, cuts, resets, bytes in odd pieces.

import type { Answer, Call } from './provider.ts'

export type Bytes = string | Buffer | ReadonlyArray<string | Buffer>

function bytesOf (bytes: Bytes): Buffer {
  const parts: ReadonlyArray<string | Buffer> = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}

/** Takes the request and never answers. */
export function never (): Answer {
  return () => {}
}

/** Answers with headers, then says nothing more. */
export function headersThenSilence (contentType = 'text/event-stream', code = 200): Answer {
  return ({ response }) => {
    response.writeHead(code, { 'content-type': contentType })
    response.flushHeaders()
  }
}

/** Sends headers and the first `count` bytes of a chunked body, then closes without the last chunk. */
export function cutAfterBytes (count: number, bytes: Bytes, contentType = 'text/event-stream'): Answer {
  const body = bytesOf(bytes).subarray(0, count)
  return (call) => {
    const { response, socket } = call
    call.takeOver()
    response.writeHead(200, { 'content-type': contentType })
    response.flushHeaders()
    if (body.length > 0) response.write(body)
    socket.destroySoon() // everything written goes out first, then the connection closes
  }
}

/** Takes the request and resets the connection (RST) before any byte of an answer. */
export function resetConnection (): Answer {
  return (call) => {
    call.takeOver()
    call.socket.resetAndDestroy()
  }
}

export interface RawOptions {
  /** Leaves the connection open after the last byte. */
  readonly keepOpen?: boolean
}

/** Writes these bytes, status line and all, one TCP write each with a turn of the event loop between; then closes. */
export function rawBytes (buffers: ReadonlyArray<string | Buffer>, { keepOpen = false }: RawOptions = {}): Answer {
  return async (call) => {
    call.takeOver()
    await writeEach(call, buffers, (bytes) => { call.socket.write(bytes) })
    if (!keepOpen) call.socket.destroySoon()
  }
}

/** Status line and headers for `rawBytes`. */
export function rawHead (code: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${code} Test\r\n${lines.join('')}\r\n`
}

/** A well-formed answer whose body goes out in exactly these pieces, a turn of the event loop between them. */
export function inPieces (buffers: ReadonlyArray<string | Buffer>, contentType = 'text/event-stream'): Answer {
  return async (call) => {
    const { response } = call
    response.writeHead(200, { 'content-type': contentType })
    response.flushHeaders()
    await writeEach(call, buffers, (bytes) => { response.write(bytes) })
    response.end()
  }
}

async function writeEach (
  call: Call, buffers: ReadonlyArray<string | Buffer>, write: (bytes: string | Buffer) => void
): Promise<void> {
  for (const bytes of buffers) {
    if (call.isGone) return
    if (bytes.length > 0) write(bytes)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

/** The first answer for the first request, the second for the second; the last one for all that follow. */
export function sequence (...answers: readonly [Answer, ...Answer[]]): Answer {
  let calls = 0
  return (call) => (answers[Math.min(calls++, answers.length - 1)] as Answer)(call)
}
