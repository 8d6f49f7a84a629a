// The yardstick: what node:http and undici cost with no feature at all. No check, no limit, no log, no books.
//
// The body is collected and dispatched as one buffer, the answer's bytes are written as they come, with back-pressure;
// so it is the bare reference of plain answers and the raw byte relay of streams. It uses undici's low-level callbacks
// (`onHeaders`, `onData`) because they are the cheaper of the two: the yardstick is not to flatter anybody.
// usage: node bare-proxy.mjs <port> <origin of the provider>

import { createServer } from 'node:http'
import { argv } from 'node:process'
import { Pool } from 'undici'

const pool = new Pool(argv[3] ?? '', { pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 })

createServer((request, response) => {
  const parts = []
  request.on('data', (bytes) => { parts.push(bytes) })
  request.on('end', () => {
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts)
    pool.dispatch({ method: 'POST', path: request.url, headers: requestHeaders(request), body }, new Relay(response))
  })
}).listen(Number(argv[2]), '127.0.0.1', 4096)

function requestHeaders (request) {
  return [
    'content-type', request.headers['content-type'] ?? 'application/json',
    'authorization', request.headers.authorization ?? ''
  ]
}

class Relay {
  #response
  #abort = () => {}

  constructor (response) {
    this.#response = response
    response.on('close', () => { if (!response.writableEnded) this.#abort() })
  }

  onConnect (abort) {
    this.#abort = abort
  }

  onHeaders (status, rawHeaders, resume) {
    const headers = []
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at].latin1Slice()
      if (PASSED.has(name)) headers.push(name, rawHeaders[at + 1].latin1Slice())
    }
    this.#response.on('drain', resume)
    this.#response.writeHead(status, headers)
    return true
  }

  onData (bytes) {
    return this.#response.write(bytes)
  }

  onComplete () {
    this.#response.end()
  }

  onError (error) {
    if (this.#response.headersSent) return this.#response.destroy()
    this.#response.writeHead(502, ['content-type', 'text/plain']).end(error.message)
  }
}

const PASSED = new Set(['content-type', 'content-length', 'x-request-id'])
